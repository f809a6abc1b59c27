// One plane of a depthwise convolution of bytes, 3×3, strides 1 and 2: see depthwise-u7.as.ts for layouts and formula.
//
// Nine weights stay in registers for the whole plane, which leaves room for a tile of 4 outputs along x. A column of
// the input is loaded and spread once for all the outputs of the tile that it takes part in. The last tile of a line
// begins at width − 4.

import { add, finish, spread, store2 } from './lanes-u7.as';

/** One plane, stride 1. */
export function plane3Stride1(
  input: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  const w0 = v128.load(weights), w1 = v128.load(weights, 16), w2 = v128.load(weights, 32);
  const w3 = v128.load(weights, 48), w4 = v128.load(weights, 64), w5 = v128.load(weights, 80);
  const w6 = v128.load(weights, 96), w7 = v128.load(weights, 112), w8 = v128.load(weights, 128);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 4) {
      const first = <usize>min(x0, width - 4);
      let p = input + first * 8;
      let x = v128.load(bias), a = x, b = x, c = x, d = x;
      x = spread(v128.load64_zero(p)); a = add(x, w0, a);
      x = spread(v128.load64_zero(p, 8)); a = add(x, w1, a); b = add(x, w0, b);
      x = spread(v128.load64_zero(p, 16)); a = add(x, w2, a); b = add(x, w1, b); c = add(x, w0, c);
      x = spread(v128.load64_zero(p, 24)); b = add(x, w2, b); c = add(x, w1, c); d = add(x, w0, d);
      x = spread(v128.load64_zero(p, 32)); c = add(x, w2, c); d = add(x, w1, d);
      x = spread(v128.load64_zero(p, 40)); d = add(x, w2, d);
      p += row;
      x = spread(v128.load64_zero(p)); a = add(x, w3, a);
      x = spread(v128.load64_zero(p, 8)); a = add(x, w4, a); b = add(x, w3, b);
      x = spread(v128.load64_zero(p, 16)); a = add(x, w5, a); b = add(x, w4, b); c = add(x, w3, c);
      x = spread(v128.load64_zero(p, 24)); b = add(x, w5, b); c = add(x, w4, c); d = add(x, w3, d);
      x = spread(v128.load64_zero(p, 32)); c = add(x, w5, c); d = add(x, w4, d);
      x = spread(v128.load64_zero(p, 40)); d = add(x, w5, d);
      p += row;
      x = spread(v128.load64_zero(p)); a = add(x, w6, a);
      x = spread(v128.load64_zero(p, 8)); a = add(x, w7, a); b = add(x, w6, b);
      x = spread(v128.load64_zero(p, 16)); a = add(x, w8, a); b = add(x, w7, b); c = add(x, w6, c);
      x = spread(v128.load64_zero(p, 24)); b = add(x, w8, b); c = add(x, w7, c); d = add(x, w6, d);
      x = spread(v128.load64_zero(p, 32)); c = add(x, w8, c); d = add(x, w7, d);
      x = spread(v128.load64_zero(p, 40)); d = add(x, w8, d);
      const o = output + first * 8, s = v128.load(scale);
      store2(o, finish(a, s, low, high), finish(b, s, low, high));
      store2(o + 16, finish(c, s, low, high), finish(d, s, low, high));
    }
    input += row;
    output += outputRow;
  }
}

/** One plane, stride 2. */
export function plane3Stride2(
  input: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  const w0 = v128.load(weights), w1 = v128.load(weights, 16), w2 = v128.load(weights, 32);
  const w3 = v128.load(weights, 48), w4 = v128.load(weights, 64), w5 = v128.load(weights, 80);
  const w6 = v128.load(weights, 96), w7 = v128.load(weights, 112), w8 = v128.load(weights, 128);
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 4) {
      const first = <usize>min(x0, width - 4);
      let p = input + first * 16;
      let x = v128.load(bias), a = x, b = x, c = x, d = x;
      x = spread(v128.load64_zero(p)); a = add(x, w0, a);
      x = spread(v128.load64_zero(p, 8)); a = add(x, w1, a);
      x = spread(v128.load64_zero(p, 16)); a = add(x, w2, a); b = add(x, w0, b);
      x = spread(v128.load64_zero(p, 24)); b = add(x, w1, b);
      x = spread(v128.load64_zero(p, 32)); b = add(x, w2, b); c = add(x, w0, c);
      x = spread(v128.load64_zero(p, 40)); c = add(x, w1, c);
      x = spread(v128.load64_zero(p, 48)); c = add(x, w2, c); d = add(x, w0, d);
      x = spread(v128.load64_zero(p, 56)); d = add(x, w1, d);
      x = spread(v128.load64_zero(p, 64)); d = add(x, w2, d);
      p += row;
      x = spread(v128.load64_zero(p)); a = add(x, w3, a);
      x = spread(v128.load64_zero(p, 8)); a = add(x, w4, a);
      x = spread(v128.load64_zero(p, 16)); a = add(x, w5, a); b = add(x, w3, b);
      x = spread(v128.load64_zero(p, 24)); b = add(x, w4, b);
      x = spread(v128.load64_zero(p, 32)); b = add(x, w5, b); c = add(x, w3, c);
      x = spread(v128.load64_zero(p, 40)); c = add(x, w4, c);
      x = spread(v128.load64_zero(p, 48)); c = add(x, w5, c); d = add(x, w3, d);
      x = spread(v128.load64_zero(p, 56)); d = add(x, w4, d);
      x = spread(v128.load64_zero(p, 64)); d = add(x, w5, d);
      p += row;
      x = spread(v128.load64_zero(p)); a = add(x, w6, a);
      x = spread(v128.load64_zero(p, 8)); a = add(x, w7, a);
      x = spread(v128.load64_zero(p, 16)); a = add(x, w8, a); b = add(x, w6, b);
      x = spread(v128.load64_zero(p, 24)); b = add(x, w7, b);
      x = spread(v128.load64_zero(p, 32)); b = add(x, w8, b); c = add(x, w6, c);
      x = spread(v128.load64_zero(p, 40)); c = add(x, w7, c);
      x = spread(v128.load64_zero(p, 48)); c = add(x, w8, c); d = add(x, w6, d);
      x = spread(v128.load64_zero(p, 56)); d = add(x, w7, d);
      x = spread(v128.load64_zero(p, 64)); d = add(x, w8, d);
      const o = output + first * 8, s = v128.load(scale);
      store2(o, finish(a, s, low, high), finish(b, s, low, high));
      store2(o + 16, finish(c, s, low, high), finish(d, s, low, high));
    }
    input += row * 2;
    output += outputRow;
  }
}
