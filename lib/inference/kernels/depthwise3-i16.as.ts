// One plane of a depthwise convolution of int16, 3×3, strides 1 and 2: see depthwise-i16.as.ts for layouts and
// formula.
//
// Weights come as pairs of lines, [2][3][2][4][2]: for each pair and column the vectors of channels 0..3 and 4..7,
// two weights a channel; the last line's partner is zero. The tile is 2 outputs along x, so 4 accumulators.

import { addDot, highs, lows } from './lanes-i16.as';
import { finish, magic, unmagic } from './requantise.as';

/** One plane, stride 1. `weights` are pairs of lines. */
export function plane3Stride1(
  input: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  const end = weights + 192, last = end - 96;
  const round = magic(), unround = unmagic(0);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 2) {
      const first = <usize>min(x0, width - 2);
      let p0 = input + first * 16, w = weights;
      let x = v128.load(bias), z = v128.load(bias, 16), l = x, h = x;
      let a0 = x, a1 = z, b0 = x, b1 = z;
      do {
        const p1 = w == last ? p0 : p0 + row;
        x = v128.load(p0); z = v128.load(p1); l = lows(x, z); h = highs(x, z);
        a0 = addDot(a0, l, v128.load(w)); a1 = addDot(a1, h, v128.load(w, 16));
        x = v128.load(p0, 16); z = v128.load(p1, 16); l = lows(x, z); h = highs(x, z);
        a0 = addDot(a0, l, v128.load(w, 32)); a1 = addDot(a1, h, v128.load(w, 48));
        b0 = addDot(b0, l, v128.load(w)); b1 = addDot(b1, h, v128.load(w, 16));
        x = v128.load(p0, 32); z = v128.load(p1, 32); l = lows(x, z); h = highs(x, z);
        a0 = addDot(a0, l, v128.load(w, 64)); a1 = addDot(a1, h, v128.load(w, 80));
        b0 = addDot(b0, l, v128.load(w, 32)); b1 = addDot(b1, h, v128.load(w, 48));
        x = v128.load(p0, 48); z = v128.load(p1, 48); l = lows(x, z); h = highs(x, z);
        b0 = addDot(b0, l, v128.load(w, 64)); b1 = addDot(b1, h, v128.load(w, 80));
        p0 = p1 + row;
        w += 96;
      } while (w < end);
      const o = output + first * 16, s0 = v128.load(scale), s1 = v128.load(scale, 16);
      finish<i16>(a0, a1, s0, s1, round, unround, low, high, o);
      finish<i16>(b0, b1, s0, s1, round, unround, low, high, o + 16);
    }
    input += row;
    output += outputRow;
  }
}

/** One plane, stride 2. `weights` are pairs of lines. */
export function plane3Stride2(
  input: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  const end = weights + 192, last = end - 96;
  const round = magic(), unround = unmagic(0);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 2) {
      const first = <usize>min(x0, width - 2);
      let p0 = input + first * 32, w = weights;
      let x = v128.load(bias), z = v128.load(bias, 16), l = x, h = x;
      let a0 = x, a1 = z, b0 = x, b1 = z;
      do {
        const p1 = w == last ? p0 : p0 + row;
        x = v128.load(p0); z = v128.load(p1); l = lows(x, z); h = highs(x, z);
        a0 = addDot(a0, l, v128.load(w)); a1 = addDot(a1, h, v128.load(w, 16));
        x = v128.load(p0, 16); z = v128.load(p1, 16); l = lows(x, z); h = highs(x, z);
        a0 = addDot(a0, l, v128.load(w, 32)); a1 = addDot(a1, h, v128.load(w, 48));
        x = v128.load(p0, 32); z = v128.load(p1, 32); l = lows(x, z); h = highs(x, z);
        a0 = addDot(a0, l, v128.load(w, 64)); a1 = addDot(a1, h, v128.load(w, 80));
        b0 = addDot(b0, l, v128.load(w)); b1 = addDot(b1, h, v128.load(w, 16));
        x = v128.load(p0, 48); z = v128.load(p1, 48); l = lows(x, z); h = highs(x, z);
        b0 = addDot(b0, l, v128.load(w, 32)); b1 = addDot(b1, h, v128.load(w, 48));
        x = v128.load(p0, 64); z = v128.load(p1, 64); l = lows(x, z); h = highs(x, z);
        b0 = addDot(b0, l, v128.load(w, 64)); b1 = addDot(b1, h, v128.load(w, 80));
        p0 = p1 + row;
        w += 96;
      } while (w < end);
      const o = output + first * 16, s0 = v128.load(scale), s1 = v128.load(scale, 16);
      finish<i16>(a0, a1, s0, s1, round, unround, low, high, o);
      finish<i16>(b0, b1, s0, s1, round, unround, low, high, o + 16);
    }
    input += row * 2;
    output += outputRow;
  }
}
