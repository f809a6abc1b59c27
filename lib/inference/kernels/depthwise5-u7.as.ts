// One plane of a depthwise convolution of bytes, 5×5, strides 1 and 2: see depthwise-u7.as.ts for layouts and formula.
//
// As for 3×3, but line by line of the kernel: five weights are in registers at a time.

import { add, finish, spread, store2 } from './lanes-u7.as';

/** One plane, stride 1. */
export function plane5Stride1(
  input: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 4) {
      const first = <usize>min(x0, width - 4);
      let p = input + first * 8, w = weights;
      const end = weights + 400;
      let x = v128.load(bias), a = x, b = x, c = x, d = x;
      do {
        const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48);
        const w4 = v128.load(w, 64);
        x = spread(v128.load64_zero(p)); a = add(x, w0, a);
        x = spread(v128.load64_zero(p, 8)); a = add(x, w1, a); b = add(x, w0, b);
        x = spread(v128.load64_zero(p, 16)); a = add(x, w2, a); b = add(x, w1, b); c = add(x, w0, c);
        x = spread(v128.load64_zero(p, 24)); a = add(x, w3, a); b = add(x, w2, b); c = add(x, w1, c); d = add(x, w0, d);
        x = spread(v128.load64_zero(p, 32)); a = add(x, w4, a); b = add(x, w3, b); c = add(x, w2, c); d = add(x, w1, d);
        x = spread(v128.load64_zero(p, 40)); b = add(x, w4, b); c = add(x, w3, c); d = add(x, w2, d);
        x = spread(v128.load64_zero(p, 48)); c = add(x, w4, c); d = add(x, w3, d);
        x = spread(v128.load64_zero(p, 56)); d = add(x, w4, d);
        p += row;
        w += 80;
      } while (w < end);
      const o = output + first * 8, s = v128.load(scale);
      store2(o, finish(a, s, low, high), finish(b, s, low, high));
      store2(o + 16, finish(c, s, low, high), finish(d, s, low, high));
    }
    input += row;
    output += outputRow;
  }
}

/** One plane, stride 2. */
export function plane5Stride2(
  input: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 4) {
      const first = <usize>min(x0, width - 4);
      let p = input + first * 16, w = weights;
      const end = weights + 400;
      let x = v128.load(bias), a = x, b = x, c = x, d = x;
      do {
        const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48);
        const w4 = v128.load(w, 64);
        x = spread(v128.load64_zero(p)); a = add(x, w0, a);
        x = spread(v128.load64_zero(p, 8)); a = add(x, w1, a);
        x = spread(v128.load64_zero(p, 16)); a = add(x, w2, a); b = add(x, w0, b);
        x = spread(v128.load64_zero(p, 24)); a = add(x, w3, a); b = add(x, w1, b);
        x = spread(v128.load64_zero(p, 32)); a = add(x, w4, a); b = add(x, w2, b); c = add(x, w0, c);
        x = spread(v128.load64_zero(p, 40)); b = add(x, w3, b); c = add(x, w1, c);
        x = spread(v128.load64_zero(p, 48)); b = add(x, w4, b); c = add(x, w2, c); d = add(x, w0, d);
        x = spread(v128.load64_zero(p, 56)); c = add(x, w3, c); d = add(x, w1, d);
        x = spread(v128.load64_zero(p, 64)); c = add(x, w4, c); d = add(x, w2, d);
        x = spread(v128.load64_zero(p, 72)); d = add(x, w3, d);
        x = spread(v128.load64_zero(p, 80)); d = add(x, w4, d);
        p += row;
        w += 80;
      } while (w < end);
      const o = output + first * 8, s = v128.load(scale);
      store2(o, finish(a, s, low, high), finish(b, s, low, high));
      store2(o + 16, finish(c, s, low, high), finish(d, s, low, high));
    }
    input += row * 2;
    output += outputRow;
  }
}
