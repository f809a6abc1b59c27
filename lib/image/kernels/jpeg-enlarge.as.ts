// Rows of coarser components enlarged to the picture's width.

import { fail, noMemory } from './jpeg-status.as';
import { allocate } from './memory.as';

/** Sums of two rows, u16, with a copy of its end before and behind. */
let sums: usize = 0;
const before: usize = 16;

/** Makes room for rows of this many samples. */
export function startEnlarging(width: i32): void {
  sums = allocate(<usize>width * 2 + before + 64);
  if (!sums) fail(noMemory);
}

/** Every sample `times` times. */
export function repeatRow(from: usize, to: usize, width: i32, times: i32): void {
  for (let x = 0; x < width; x++) {
    const sample = load<u8>(from + <usize>x);
    for (let i = 0; i < times; i++, to++) store<u8>(to, sample);
  }
}

/**
 * The triangle filter of one output row: 3/4 of row `near` and 1/4 of row `far` if `down`, and if `across` the same
 * between neighbours of the row. Roundings alternate, so that no bias remains.
 *
 * @param below whether `far` is the row below
 */
export function enlargeRow(
  near: usize,
  far: usize,
  to: usize,
  width: i32,
  across: bool,
  down: bool,
  below: bool,
): void {
  const row = sums + before;
  const three = i16x8.splat(3);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    let sum = v128.load8x8_u(near + x);
    if (down) sum = i16x8.add(i16x8.mul(sum, three), v128.load8x8_u(far + x));
    v128.store(row + 2 * x, sum);
  }
  if (!across) return narrowDown(row, to, width, below ? 2 : 1);
  store<u16>(row - 2, load<u16>(row));
  store<u16>(row + ((<usize>width) << 1), load<u16>(row + ((<usize>(width - 1)) << 1)));
  const shift = down ? 4 : 2;
  const roundLeft = i16x8.splat(down ? 8 : 1);
  const roundRight = i16x8.splat(down ? 7 : 2);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const at = row + 2 * x;
    const sum = i16x8.mul(v128.load(at), three);
    const left = i16x8.shr_u(i16x8.add(i16x8.add(sum, v128.load(at - 2)), roundLeft), shift);
    const right = i16x8.shr_u(i16x8.add(i16x8.add(sum, v128.load(at + 2)), roundRight), shift);
    v128.store(to + 2 * x, v128.or(left, i16x8.shl(right, 8)));
  }
}

function narrowDown(row: usize, to: usize, width: i32, rounding: i32): void {
  const round = i16x8.splat(<i16>rounding);
  for (let x: usize = 0; x < <usize>width; x += 8) {
    const sum = i16x8.shr_u(i16x8.add(v128.load(row + 2 * x), round), 2);
    v128.store64_lane(to + x, i8x16.narrow_i16x8_u(sum, sum), 0);
  }
}
