// One plane of a float32 depthwise convolution, 5×5, strides 1 and 2: see depthwise-f32.as.ts for the layouts.
//
// A tile is 4 outputs along x. The five weights of one line of the kernel are in registers at a time; a column of the
// input is loaded once for all the outputs of the tile that it takes part in. The last tile of a line begins at
// width − 4.

import { clamp, madd } from './lanes-f32.as';

/** One plane, stride 1. */
export function plane5Stride1(
  input: usize, row: usize, weights: usize, bias: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  const weightsEnd = weights + 400;
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 4) {
      const first = <usize>min(x0, width - 4);
      let p = input + first * 16;
      const o = output + first * 16;
      let x = v128.load(bias), a = x, b = x, c = x, d = x;
      let w = weights;
      do {
        const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48), w4 = v128.load(w, 64);
        x = v128.load(p); a = madd(x, w0, a);
        x = v128.load(p, 16); a = madd(x, w1, a); b = madd(x, w0, b);
        x = v128.load(p, 32); a = madd(x, w2, a); b = madd(x, w1, b); c = madd(x, w0, c);
        x = v128.load(p, 48); a = madd(x, w3, a); b = madd(x, w2, b); c = madd(x, w1, c); d = madd(x, w0, d);
        x = v128.load(p, 64); a = madd(x, w4, a); b = madd(x, w3, b); c = madd(x, w2, c); d = madd(x, w1, d);
        x = v128.load(p, 80); b = madd(x, w4, b); c = madd(x, w3, c); d = madd(x, w2, d);
        x = v128.load(p, 96); c = madd(x, w4, c); d = madd(x, w3, d);
        x = v128.load(p, 112); d = madd(x, w4, d);
        p += row;
        w += 80;
      } while (w < weightsEnd);
      v128.store(o, clamp(a, low, high));
      v128.store(o, clamp(b, low, high), 16);
      v128.store(o, clamp(c, low, high), 32);
      v128.store(o, clamp(d, low, high), 48);
    }
    input += row;
    output += outputRow;
  }
}

/** One plane, stride 2. */
export function plane5Stride2(
  input: usize, row: usize, weights: usize, bias: usize, output: usize, outputRow: usize,
  height: i32, width: i32, low: v128, high: v128,
): void {
  const weightsEnd = weights + 400;
  for (let y = 0; y < height; y++) {
    for (let x0 = 0; x0 < width; x0 += 4) {
      const first = <usize>min(x0, width - 4);
      let p = input + first * 32;
      const o = output + first * 16;
      let x = v128.load(bias), a = x, b = x, c = x, d = x;
      let w = weights;
      do {
        const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48), w4 = v128.load(w, 64);
        x = v128.load(p); a = madd(x, w0, a);
        x = v128.load(p, 16); a = madd(x, w1, a);
        x = v128.load(p, 32); a = madd(x, w2, a); b = madd(x, w0, b);
        x = v128.load(p, 48); a = madd(x, w3, a); b = madd(x, w1, b);
        x = v128.load(p, 64); a = madd(x, w4, a); b = madd(x, w2, b); c = madd(x, w0, c);
        x = v128.load(p, 80); b = madd(x, w3, b); c = madd(x, w1, c);
        x = v128.load(p, 96); b = madd(x, w4, b); c = madd(x, w2, c); d = madd(x, w0, d);
        x = v128.load(p, 112); c = madd(x, w3, c); d = madd(x, w1, d);
        x = v128.load(p, 128); c = madd(x, w4, c); d = madd(x, w2, d);
        x = v128.load(p, 144); d = madd(x, w3, d);
        x = v128.load(p, 160); d = madd(x, w4, d);
        p += row;
        w += 80;
      } while (w < weightsEnd);
      v128.store(o, clamp(a, low, high));
      v128.store(o, clamp(b, low, high), 16);
      v128.store(o, clamp(c, low, high), 32);
      v128.store(o, clamp(d, low, high), 48);
    }
    input += row * 2;
    output += outputRow;
  }
}
