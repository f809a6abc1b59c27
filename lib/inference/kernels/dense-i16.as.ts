// A dense layer on int16: one vector x [K], contiguous, against weights packed like a convolution's of one tap,
// [N / 8][K / 2][8][2] int16. Weights are read once, from front to back, so memory bounds it; the sums and outputs are a
// convolution's (conv-i16.as.ts, requantise.as.ts), with the same bounds. Bias and scale are padded to 8 outputs.

import { addDot } from './lanes-i16.as';
import { finish, magic, unmagic } from './requantise.as';

export function dense_i16_i16(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32,
): void {
  dense<i16>(x, weights, bias, scale, output, inputs, outputs, lo, hi, zeroPoint);
}

export function dense_i16_u7(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32,
): void {
  dense<u8>(x, weights, bias, scale, output, inputs, outputs, lo, hi, zeroPoint);
}

function dense<Out>(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi), round = magic(), unround = unmagic(zeroPoint);
  const end = x + (<usize>((inputs + 7) >> 3) << 4);
  for (let n = 0; n < outputs; n += 8) {
    let a0 = v128.load(bias), a1 = v128.load(bias, 16), v = a0;
    for (let p = x; p < end; p += 16) {
      v = v128.load32_splat(p); a0 = addDot(a0, v, v128.load(weights)); a1 = addDot(a1, v, v128.load(weights, 16));
      v = v128.load32_splat(p, 4); a0 = addDot(a0, v, v128.load(weights, 32)); a1 = addDot(a1, v, v128.load(weights, 48));
      v = v128.load32_splat(p, 8); a0 = addDot(a0, v, v128.load(weights, 64)); a1 = addDot(a1, v, v128.load(weights, 80));
      v = v128.load32_splat(p, 12); a0 = addDot(a0, v, v128.load(weights, 96)); a1 = addDot(a1, v, v128.load(weights, 112));
      weights += 128;
    }
    finish<Out>(a0, a1, v128.load(scale), v128.load(scale, 16), round, unround, low, high, output);
    bias += 32;
    scale += 32;
    output += <usize>sizeof<Out>() * 8;
  }
}
