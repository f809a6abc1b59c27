// A dense layer on bytes 0..127: one vector x [K], contiguous, against weights packed like a convolution's of one tap,
// [N / 8][K / 4][8][4] int8. Weights are read once, from front to back, so memory bounds it; the sums and outputs are a
// convolution's (conv-u7.as.ts, requantise.as.ts), with the same bounds. Bias and scale are padded to 8 outputs.

import { addDot } from './lanes-i16.as';
import { addQuads, firstTwice, ones, pairs, secondTwice } from './lanes-quads.as';
import { finish, magic, unmagic } from './requantise.as';

export function dense_u7_i16(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32,
): void {
  dense<i16>(x, weights, bias, scale, output, inputs, outputs, lo, hi, zeroPoint, ASC_FEATURE_RELAXED_SIMD);
}

export function dense_u7_u7(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32,
): void {
  dense<u8>(x, weights, bias, scale, output, inputs, outputs, lo, hi, zeroPoint, ASC_FEATURE_RELAXED_SIMD);
}

/** The same integers without relaxed operations. */
export function safe_dense_u7_i16(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32,
): void {
  dense<i16>(x, weights, bias, scale, output, inputs, outputs, lo, hi, zeroPoint, false);
}

export function safe_dense_u7_u7(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32,
): void {
  dense<u8>(x, weights, bias, scale, output, inputs, outputs, lo, hi, zeroPoint, false);
}

// @ts-ignore: decorator
@inline
function dense<Out>(
  x: usize, weights: usize, bias: usize, scale: usize, output: usize, inputs: i32, outputs: i32, lo: i32, hi: i32,
  zeroPoint: i32, relaxed: bool,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi), round = magic(), unround = unmagic(zeroPoint);
  const blocks = (inputs + 7) >> 3;
  for (let n = 0; n < outputs; n += 8) {
    let a0 = v128.load(bias), a1 = v128.load(bias, 16);
    if (ASC_FEATURE_RELAXED_SIMD && relaxed) {
      const one = ones();
      for (let k = 0; k < blocks; k++) {
        const p = x + (<usize>k << 3);
        const x0 = v128.load32_splat(p), x1 = v128.load32_splat(p, 4);
        a0 = addQuads(a0, x0, v128.load(weights), x1, v128.load(weights, 32), one);
        a1 = addQuads(a1, x0, v128.load(weights, 16), x1, v128.load(weights, 48), one);
        weights += 64;
      }
    } else {
      let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let k = 0; k < blocks; k++) {
        const v = v128.load8x8_s(x + (<usize>k << 3)), x0 = firstTwice(v), x1 = secondTwice(v);
        s0 = addDot(addDot(s0, x0, v128.load8x8_s(weights)), x1, v128.load8x8_s(weights, 32));
        s1 = addDot(addDot(s1, x0, v128.load8x8_s(weights, 8)), x1, v128.load8x8_s(weights, 40));
        s2 = addDot(addDot(s2, x0, v128.load8x8_s(weights, 16)), x1, v128.load8x8_s(weights, 48));
        s3 = addDot(addDot(s3, x0, v128.load8x8_s(weights, 24)), x1, v128.load8x8_s(weights, 56));
        weights += 64;
      }
      a0 = i32x4.add(a0, pairs(s0, s1));
      a1 = i32x4.add(a1, pairs(s2, s3));
    }
    finish<Out>(a0, a1, v128.load(scale), v128.load(scale, 16), round, unround, low, high, output);
    bias += 32;
    scale += 32;
    output += <usize>sizeof<Out>() * 8;
  }
}
