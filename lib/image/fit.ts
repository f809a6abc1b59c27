// Which rectangle of a picture the network sees.

import type { Recipe } from './recipe.ts';
import type { Span } from './resize.ts';

/**
 * The rectangle that is resized to the square input.
 *
 * `stretch` takes all of it. `cover` takes the centred square of the short side, at its exact, possibly
 * half-pixel, place: the same as Pillow's `ImageOps.fit`.
 *
 * @param decoded pixels that exist, [width, height]
 * @param extent size in those pixels, which is fractional after a scaled decode (width · N / 8, not its ceiling)
 */
export function fitSpans(
  decoded: { width: number; height: number },
  extent: { width: number; height: number },
  fit: Recipe['fit'],
): { across: Span; down: Span } {
  const short = Math.min(extent.width, extent.height);
  const cutX = fit === 'cover' ? (extent.width - short) / 2 : 0;
  const cutY = fit === 'cover' ? (extent.height - short) / 2 : 0;
  return {
    across: { inSize: decoded.width, start: cutX, end: extent.width - cutX },
    down: { inSize: decoded.height, start: cutY, end: extent.height - cutY },
  };
}
