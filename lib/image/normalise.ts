// The last step: the small upright picture as the numbers that the network was trained on.

import type { Orientation } from './exif.ts';
import { uprightIndex } from './orientation.ts';
import type { Recipe } from './recipe.ts';

/**
 * Turns a stored square upright and applies the recipe's channel order, mean and scale.
 *
 * @param pixels [size, size, 3] RGB, 0..255, as stored (not turned)
 * @returns float32 [size, size, 3]: (pixel − mean) × scale in the recipe's channel order
 */
export function normalise(
  pixels: ArrayLike<number>,
  size: number,
  orientation: Orientation,
  recipe: Pick<Recipe, 'channelOrder' | 'mean' | 'scale'>,
): Float32Array<ArrayBuffer> {
  const { start, dx, dy } = uprightIndex(orientation, size);
  const channels = recipe.channelOrder === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  const tensor = new Float32Array(size * size * 3);
  for (let c = 0; c < 3; c++) {
    const from = channels[c]!;
    const mean = recipe.mean[c]!;
    const scale = recipe.scale[c]!;
    for (let y = 0, to = c; y < size; y++) {
      for (let x = 0, at = start + y * dy; x < size; x++, at += dx, to += 3)
        tensor[to] = (pixels[3 * at + from]! - mean) * scale;
    }
  }
  return tensor;
}
