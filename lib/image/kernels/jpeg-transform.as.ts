// Blocks of coefficients → samples, at every scale. All in integers, so that every machine gives the same.
//
// At scale 1 this is the 8 × 8 inverse DCT of Loeffler, Ligtenberg and Moschytz ("Practical fast 1-D DCT algorithms
// with 11 multiplications", 1989) in 13 bits, with the factors multiplied out so that each output of the odd half is
// two dot products; sums and roundings are those of libjpeg's accurate transform, and so are its samples.
// At the other scales it gives the mean of the 2 × 2, 4 × 4 or 8 × 8 samples that a sample replaces, from the
// side × side lowest coefficients.

import { Component } from './jpeg-frame.as';

let scratch: usize = memory.data(128, 16);

/** Decodes one block of a component to `to`, `stride` bytes a row. `flat`: all of its AC coefficients are zero. */
@inline
export function transform(one: Component, block: usize, flat: bool, to: usize): void {
  if (one.side == 2) transform2(block, one.quant, to, <usize>one.stride);
  else if (flat || one.side == 1) {
    const sample = clampToByte(((<i32><i16>(load<i16>(block) * load<i16>(one.quant)) + 4) >> 3) + 128);
    fillSquare(to, <usize>one.stride, one.side, sample);
  } else if (one.side == 4) transform4(block, one.quant, to, <usize>one.stride);
  else transform8(block, one.quant, to, <usize>one.stride);
}

@inline
function clampToByte(value: i32): i32 {
  return max(0, min(255, value));
}

function fillSquare(to: usize, stride: usize, side: i32, sample: i32): void {
  if (side == 1) return store<u8>(to, <u8>sample);
  const bytes = <u64>sample * 0x0101010101010101;
  for (let y = 0; y < side; y++, to += stride) {
    if (side == 4) store<u32>(to, <u32>bytes);
    else store<u64>(to, bytes);
  }
}

/** Weight of coefficient 1 against coefficient 0 in the mean of four samples, and its square, in 13 bits. */
const half1: i32 = 7423;
const half2: i32 = 6726;

function transform2(block: usize, quant: usize, to: usize, stride: usize): void {
  const all = i32x4.extend_low_i16x8_s(i16x8.mul(v128.load64_zero(block), v128.load64_zero(quant)));
  const mean = (i32x4.extract_lane(all, 0) << 13) + (1 << 15) + (128 << 16);
  const x = i32x4.extract_lane(all, 1) * half1;
  const y = i32x4.extract_lane(all, 2) * half1;
  const xy = i32x4.extract_lane(all, 3) * half2;
  const upper = mean + y;
  const lower = mean - y;
  const samples = i32x4(upper + x + xy, upper - x - xy, lower + x - xy, lower - x + xy);
  const words = i16x8.narrow_i32x4_s(i32x4.shr_s(samples, 16), samples);
  const bytes = i8x16.narrow_i16x8_u(words, words);
  v128.store16_lane(to, bytes, 0);
  v128.store16_lane(to + stride, bytes, 1);
}

/** The two factors of a dot product of pairs of 16 bits. */
@inline
function pair(a: i32, b: i32): v128 {
  return i32x4.splat((a & 0xffff) | (b << 16));
}

function transform4(block: usize, quant: usize, to: usize, stride: usize): void {
  const upper = i16x8.mul(v128.load(block), v128.load(quant));
  const lower = i16x8.mul(v128.load(block, 16), v128.load(quant, 16));
  let even = v128.shuffle<i16>(upper, lower, 0, 8, 1, 9, 2, 10, 3, 11);
  let odd = v128.shuffle<i16>(upper, lower, 4, 12, 5, 13, 6, 14, 7, 15);
  // Weights: c(u) / 2 · cos((2x + 1)uπ/8) · cos(uπ/16) in 14 bits, the last factor being the mean of two samples.
  let even0 = i32x4.dot_i16x8_s(even, pair(5793, 5352));
  let even1 = i32x4.dot_i16x8_s(even, pair(5793, -5352));
  let odd0 = i32x4.dot_i16x8_s(odd, pair(7423, 2607));
  let odd1 = i32x4.dot_i16x8_s(odd, pair(3075, -6293));
  let round = i32x4.splat(1 << 11);
  even0 = i32x4.add(even0, round);
  even1 = i32x4.add(even1, round);
  const row0 = i32x4.shr_s(i32x4.add(even0, odd0), 12);
  const row1 = i32x4.shr_s(i32x4.add(even1, odd1), 12);
  const row2 = i32x4.shr_s(i32x4.sub(even1, odd1), 12);
  const row3 = i32x4.shr_s(i32x4.sub(even0, odd0), 12);

  // Columns become rows: pairs of columns 0, 2 and 1, 3 of every row.
  const rows01 = i16x8.narrow_i32x4_s(row0, row1);
  const rows23 = i16x8.narrow_i32x4_s(row2, row3);
  even = v128.shuffle<i16>(rows01, rows23, 0, 2, 4, 6, 8, 10, 12, 14);
  odd = v128.shuffle<i16>(rows01, rows23, 1, 3, 5, 7, 9, 11, 13, 15);
  even0 = i32x4.dot_i16x8_s(even, pair(5793, 5352));
  even1 = i32x4.dot_i16x8_s(even, pair(5793, -5352));
  odd0 = i32x4.dot_i16x8_s(odd, pair(7423, 2607));
  odd1 = i32x4.dot_i16x8_s(odd, pair(3075, -6293));
  round = i32x4.splat((1 << 15) + (128 << 16));
  even0 = i32x4.add(even0, round);
  even1 = i32x4.add(even1, round);
  // Each vector is a column of samples.
  const columns01 = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(even0, odd0), 16),
    i32x4.shr_s(i32x4.add(even1, odd1), 16),
  );
  const columns23 = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.sub(even1, odd1), 16),
    i32x4.shr_s(i32x4.sub(even0, odd0), 16),
  );
  const columns = i8x16.narrow_i16x8_u(columns01, columns23);
  const samples = v128.shuffle<u8>(columns, columns, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  v128.store32_lane(to, samples, 0);
  v128.store32_lane(to + stride, samples, 1);
  v128.store32_lane(to + 2 * stride, samples, 2);
  v128.store32_lane(to + 3 * stride, samples, 3);
}

function transform8(block: usize, quant: usize, to: usize, stride: usize): void {
  for (let i: usize = 0; i < 128; i += 16)
    v128.store(scratch + i, i16x8.mul(v128.load(block + i), v128.load(quant + i)));
  pass8(11, 1 << 10);
  transpose8();
  pass8(18, 1 << 17);
  transpose8();
  const middle = i8x16.splat(-128);
  for (let i: usize = 0; i < 128; i += 16, to += stride) {
    const words = v128.load(scratch + i);
    v128.store64_lane(to, v128.xor(i8x16.narrow_i16x8_s(words, words), middle), 0);
  }
}

/** One pass down the columns of `scratch`, i16 [8, 8]; sums lose their last `shift` bits. */
@inline
function pass8(shift: i32, rounding: i32): void {
  const row0 = v128.load(scratch), row1 = v128.load(scratch, 16);
  const row2 = v128.load(scratch, 32), row3 = v128.load(scratch, 48);
  const row4 = v128.load(scratch, 64), row5 = v128.load(scratch, 80);
  const row6 = v128.load(scratch, 96), row7 = v128.load(scratch, 112);
  passHalf8(
    v128.shuffle<i16>(row0, row4, 0, 8, 1, 9, 2, 10, 3, 11),
    v128.shuffle<i16>(row2, row6, 0, 8, 1, 9, 2, 10, 3, 11),
    v128.shuffle<i16>(row1, row3, 0, 8, 1, 9, 2, 10, 3, 11),
    v128.shuffle<i16>(row5, row7, 0, 8, 1, 9, 2, 10, 3, 11),
    shift, rounding, scratch,
  );
  passHalf8(
    v128.shuffle<i16>(row0, row4, 4, 12, 5, 13, 6, 14, 7, 15),
    v128.shuffle<i16>(row2, row6, 4, 12, 5, 13, 6, 14, 7, 15),
    v128.shuffle<i16>(row1, row3, 4, 12, 5, 13, 6, 14, 7, 15),
    v128.shuffle<i16>(row5, row7, 4, 12, 5, 13, 6, 14, 7, 15),
    shift, rounding, scratch + 8,
  );
}

/** Four columns, given as pairs of rows. */
@inline
function passHalf8(
  rows04: v128, rows26: v128, rows13: v128, rows57: v128, shift: i32, rounding: i32, to: usize,
): void {
  const round = i32x4.splat(rounding);
  let a = i32x4.add(i32x4.dot_i16x8_s(rows04, pair(8192, 8192)), round);
  let b = i32x4.dot_i16x8_s(rows26, pair(10703, 4433));
  const even0 = i32x4.add(a, b);
  const even3 = i32x4.sub(a, b);
  a = i32x4.add(i32x4.dot_i16x8_s(rows04, pair(8192, -8192)), round);
  b = i32x4.dot_i16x8_s(rows26, pair(4433, -10704));
  const even1 = i32x4.add(a, b);
  const even2 = i32x4.sub(a, b);
  const odd0 = i32x4.add(i32x4.dot_i16x8_s(rows13, pair(11363, 9633)), i32x4.dot_i16x8_s(rows57, pair(6437, 2260)));
  storeNarrow(to, 0, 112, even0, odd0, shift);
  const odd1 = i32x4.add(i32x4.dot_i16x8_s(rows13, pair(9633, -2259)), i32x4.dot_i16x8_s(rows57, pair(-11362, -6436)));
  storeNarrow(to, 16, 96, even1, odd1, shift);
  const odd2 = i32x4.add(i32x4.dot_i16x8_s(rows13, pair(6437, -11362)), i32x4.dot_i16x8_s(rows57, pair(2261, 9633)));
  storeNarrow(to, 32, 80, even2, odd2, shift);
  const odd3 = i32x4.add(i32x4.dot_i16x8_s(rows13, pair(2260, -6436)), i32x4.dot_i16x8_s(rows57, pair(9633, -11363)));
  storeNarrow(to, 48, 64, even3, odd3, shift);
}

/** Stores the sum of both halves as one row and their difference as its mirror. */
@inline
function storeNarrow(to: usize, row: usize, mirror: usize, even: v128, odd: v128, shift: i32): void {
  const both = i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(even, odd), shift),
    i32x4.shr_s(i32x4.sub(even, odd), shift),
  );
  v128.store64_lane(to + row, both, 0);
  v128.store64_lane(to + mirror, both, 1);
}

/** Transposes `scratch`, i16 [8, 8]: pairs of 16, then of 32, then of 64 bits change places. */
@inline
function transpose8(): void {
  const r0 = v128.load(scratch), r1 = v128.load(scratch, 16), r2 = v128.load(scratch, 32), r3 = v128.load(scratch, 48);
  const r4 = v128.load(scratch, 64), r5 = v128.load(scratch, 80), r6 = v128.load(scratch, 96), r7 = v128.load(scratch, 112);
  const a0 = v128.shuffle<i16>(r0, r1, 0, 8, 1, 9, 2, 10, 3, 11), a1 = v128.shuffle<i16>(r0, r1, 4, 12, 5, 13, 6, 14, 7, 15);
  const a2 = v128.shuffle<i16>(r2, r3, 0, 8, 1, 9, 2, 10, 3, 11), a3 = v128.shuffle<i16>(r2, r3, 4, 12, 5, 13, 6, 14, 7, 15);
  const a4 = v128.shuffle<i16>(r4, r5, 0, 8, 1, 9, 2, 10, 3, 11), a5 = v128.shuffle<i16>(r4, r5, 4, 12, 5, 13, 6, 14, 7, 15);
  const a6 = v128.shuffle<i16>(r6, r7, 0, 8, 1, 9, 2, 10, 3, 11), a7 = v128.shuffle<i16>(r6, r7, 4, 12, 5, 13, 6, 14, 7, 15);
  const b0 = v128.shuffle<i32>(a0, a2, 0, 4, 1, 5), b1 = v128.shuffle<i32>(a0, a2, 2, 6, 3, 7);
  const b2 = v128.shuffle<i32>(a1, a3, 0, 4, 1, 5), b3 = v128.shuffle<i32>(a1, a3, 2, 6, 3, 7);
  const b4 = v128.shuffle<i32>(a4, a6, 0, 4, 1, 5), b5 = v128.shuffle<i32>(a4, a6, 2, 6, 3, 7);
  const b6 = v128.shuffle<i32>(a5, a7, 0, 4, 1, 5), b7 = v128.shuffle<i32>(a5, a7, 2, 6, 3, 7);
  v128.store(scratch, v128.shuffle<i64>(b0, b4, 0, 2));
  v128.store(scratch, v128.shuffle<i64>(b0, b4, 1, 3), 16);
  v128.store(scratch, v128.shuffle<i64>(b1, b5, 0, 2), 32);
  v128.store(scratch, v128.shuffle<i64>(b1, b5, 1, 3), 48);
  v128.store(scratch, v128.shuffle<i64>(b2, b6, 0, 2), 64);
  v128.store(scratch, v128.shuffle<i64>(b2, b6, 1, 3), 80);
  v128.store(scratch, v128.shuffle<i64>(b3, b7, 0, 2), 96);
  v128.store(scratch, v128.shuffle<i64>(b3, b7, 1, 3), 112);
}
