// One plane of a depthwise convolution of int16, 3×3, strides 1 and 2: see depthwise-i16.as.ts for layouts and
// formula.
//
// Weights come as pairs of lines, [2][3][2][4][2]: for each pair and column the vectors of channels 0..3 and 4..7,
// two weights a channel; the last line's partner is zero, so it is woven with itself. The tile is 2 outputs along x,
// so 4 accumulators. Both pairs are written out: a loop over them costs a sixth where bounds are checked in code.

import { addDot, highs, lows } from './lanes-i16.as';
import { finish, magic, unmagic } from './requantise.as';

/** One plane, stride 1. `weights` are pairs of lines. */
export function plane3Stride1(
  input: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  const round = magic(), unround = unmagic(0);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 2) {
      const first = <usize>min(x0, width - 2);
      const p0 = input + first * 16, p1 = p0 + row, p2 = p1 + row;
      let x = v128.load(bias), z = v128.load(bias, 16), l = x, h = x;
      let a0 = x, a1 = z, b0 = x, b1 = z;
      x = v128.load(p0); z = v128.load(p1); l = lows(x, z); h = highs(x, z);
      a0 = addDot(a0, l, v128.load(weights)); a1 = addDot(a1, h, v128.load(weights, 16));
      x = v128.load(p0, 16); z = v128.load(p1, 16); l = lows(x, z); h = highs(x, z);
      a0 = addDot(a0, l, v128.load(weights, 32)); a1 = addDot(a1, h, v128.load(weights, 48));
      b0 = addDot(b0, l, v128.load(weights)); b1 = addDot(b1, h, v128.load(weights, 16));
      x = v128.load(p0, 32); z = v128.load(p1, 32); l = lows(x, z); h = highs(x, z);
      a0 = addDot(a0, l, v128.load(weights, 64)); a1 = addDot(a1, h, v128.load(weights, 80));
      b0 = addDot(b0, l, v128.load(weights, 32)); b1 = addDot(b1, h, v128.load(weights, 48));
      x = v128.load(p0, 48); z = v128.load(p1, 48); l = lows(x, z); h = highs(x, z);
      b0 = addDot(b0, l, v128.load(weights, 64)); b1 = addDot(b1, h, v128.load(weights, 80));
      x = v128.load(p2); l = lows(x, x); h = highs(x, x);
      a0 = addDot(a0, l, v128.load(weights, 96)); a1 = addDot(a1, h, v128.load(weights, 112));
      x = v128.load(p2, 16); l = lows(x, x); h = highs(x, x);
      a0 = addDot(a0, l, v128.load(weights, 128)); a1 = addDot(a1, h, v128.load(weights, 144));
      b0 = addDot(b0, l, v128.load(weights, 96)); b1 = addDot(b1, h, v128.load(weights, 112));
      x = v128.load(p2, 32); l = lows(x, x); h = highs(x, x);
      a0 = addDot(a0, l, v128.load(weights, 160)); a1 = addDot(a1, h, v128.load(weights, 176));
      b0 = addDot(b0, l, v128.load(weights, 128)); b1 = addDot(b1, h, v128.load(weights, 144));
      x = v128.load(p2, 48); l = lows(x, x); h = highs(x, x);
      b0 = addDot(b0, l, v128.load(weights, 160)); b1 = addDot(b1, h, v128.load(weights, 176));
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
  const round = magic(), unround = unmagic(0);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 2) {
      const first = <usize>min(x0, width - 2);
      const p0 = input + first * 32, p1 = p0 + row, p2 = p1 + row;
      let x = v128.load(bias), z = v128.load(bias, 16), l = x, h = x;
      let a0 = x, a1 = z, b0 = x, b1 = z;
      x = v128.load(p0); z = v128.load(p1); l = lows(x, z); h = highs(x, z);
      a0 = addDot(a0, l, v128.load(weights)); a1 = addDot(a1, h, v128.load(weights, 16));
      x = v128.load(p0, 16); z = v128.load(p1, 16); l = lows(x, z); h = highs(x, z);
      a0 = addDot(a0, l, v128.load(weights, 32)); a1 = addDot(a1, h, v128.load(weights, 48));
      x = v128.load(p0, 32); z = v128.load(p1, 32); l = lows(x, z); h = highs(x, z);
      a0 = addDot(a0, l, v128.load(weights, 64)); a1 = addDot(a1, h, v128.load(weights, 80));
      b0 = addDot(b0, l, v128.load(weights)); b1 = addDot(b1, h, v128.load(weights, 16));
      x = v128.load(p0, 48); z = v128.load(p1, 48); l = lows(x, z); h = highs(x, z);
      b0 = addDot(b0, l, v128.load(weights, 32)); b1 = addDot(b1, h, v128.load(weights, 48));
      x = v128.load(p0, 64); z = v128.load(p1, 64); l = lows(x, z); h = highs(x, z);
      b0 = addDot(b0, l, v128.load(weights, 64)); b1 = addDot(b1, h, v128.load(weights, 80));
      x = v128.load(p2); l = lows(x, x); h = highs(x, x);
      a0 = addDot(a0, l, v128.load(weights, 96)); a1 = addDot(a1, h, v128.load(weights, 112));
      x = v128.load(p2, 16); l = lows(x, x); h = highs(x, x);
      a0 = addDot(a0, l, v128.load(weights, 128)); a1 = addDot(a1, h, v128.load(weights, 144));
      x = v128.load(p2, 32); l = lows(x, x); h = highs(x, x);
      a0 = addDot(a0, l, v128.load(weights, 160)); a1 = addDot(a1, h, v128.load(weights, 176));
      b0 = addDot(b0, l, v128.load(weights, 96)); b1 = addDot(b1, h, v128.load(weights, 112));
      x = v128.load(p2, 48); l = lows(x, x); h = highs(x, x);
      b0 = addDot(b0, l, v128.load(weights, 128)); b1 = addDot(b1, h, v128.load(weights, 144));
      x = v128.load(p2, 64); l = lows(x, x); h = highs(x, x);
      b0 = addDot(b0, l, v128.load(weights, 160)); b1 = addDot(b1, h, v128.load(weights, 176));
      const o = output + first * 16, s0 = v128.load(scale), s1 = v128.load(scale, 16);
      finish<i16>(a0, a1, s0, s1, round, unround, low, high, o);
      finish<i16>(b0, b1, s0, s1, round, unround, low, high, o + 16);
    }
    input += row * 2;
    output += outputRow;
  }
}
