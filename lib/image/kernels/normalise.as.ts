// The last step: the small picture turned upright, as the numbers that the network was trained on.

import { allocate } from './memory.as';
import { outputSize, pixels, rowPitch } from './resize.as';

/** Bytes of an RGB pixel in float32. */
const pixelBytes: isize = 12;

/**
 * The resized picture as float32 [size, size, 3]: turned upright, (pixel − mean) × scale, red first, or blue first if
 * `blueFirst`; means and scales are in the order of the output.
 *
 * Orientation is applied here, on a few thousand pixels instead of millions. Both fits are symmetric about the centre,
 * so that the order does not change the picture.
 *
 * @param orientation EXIF's, 1..8: from 5 the picture is mirrored about its diagonal, after its columns (2, 3, 7, 8)
 *   or its rows (3, 4, 6, 7) were taken backwards
 * @returns its address, or 0 if memory does not suffice
 */
export function finishResize(
  orientation: i32,
  blueFirst: bool,
  mean0: f32,
  mean1: f32,
  mean2: f32,
  scale0: f32,
  scale1: f32,
  scale2: f32,
): usize {
  const size = <usize>outputSize();
  const tensor = allocate(size * size * <usize>pixelBytes + 4);
  if (!tensor) return 0;
  const mean = f32x4(mean0, mean1, mean2, 0);
  const scale = f32x4(scale0, scale1, scale2, 0);

  const last = <isize>size - 1;
  const leftwards = orientation == 2 || orientation == 3 || orientation >= 7;
  const upwards = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const column: isize = leftwards ? -pixelBytes : pixelBytes;
  const line: isize = upwards ? -(<isize>rowPitch()) : <isize>rowPitch();
  const right = orientation >= 5 ? line : column;
  const below = orientation >= 5 ? column : line;
  let start = <isize>pixels();
  if (leftwards) start -= last * column;
  if (upwards) start -= last * line;

  let to = tensor;
  for (let y: usize = 0; y < size; y++, start += below) {
    let at = start;
    for (let x: usize = 0; x < size; x++, at += right, to += <usize>pixelBytes) {
      let pixel = v128.load(<usize>at);
      if (blueFirst) pixel = v128.shuffle<f32>(pixel, pixel, 2, 1, 0, 3);
      // The fourth lane is overwritten by the next pixel.
      v128.store(to, f32x4.mul(f32x4.sub(pixel, mean), scale));
    }
  }
  return tensor;
}
