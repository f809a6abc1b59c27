// Turning a small square upright. Orientation is applied after the resize, on a few thousand pixels instead of
// millions; both fits are symmetric about the centre, so the order doesn't change the picture.

import type { Orientation } from './exif.ts';

/**
 * Where the pixels of the upright square lie in the stored one: pixel (x, y) of the upright picture is stored
 * at index `start + x·dx + y·dy` of a `size` × `size` picture in rows.
 */
export function uprightIndex(
  orientation: Orientation,
  size: number,
): { start: number; dx: number; dy: number } {
  const last = size - 1;
  const bottom = size * last;
  switch (orientation) {
    case 1:
      return { start: 0, dx: 1, dy: size };
    case 2:
      return { start: last, dx: -1, dy: size };
    case 3:
      return { start: bottom + last, dx: -1, dy: -size };
    case 4:
      return { start: bottom, dx: 1, dy: -size };
    case 5:
      return { start: 0, dx: size, dy: 1 };
    case 6:
      return { start: bottom, dx: -size, dy: 1 };
    case 7:
      return { start: bottom + last, dx: -size, dy: -1 };
    case 8:
      return { start: last, dx: size, dy: -1 };
  }
}
