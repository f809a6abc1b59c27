// Depthwise convolutions of int16 with exact sums: sum = bias + Σ x·w in int32, which the caller keeps within int32;
// from there as any convolution (requantise.as.ts), with zero point 0.
//
// input    planes [channels / 8][pixels][8] int16; its address is where the field of output (0, 0) begins
// weights  [planes][taps][8] int16; bias int32, scale float32 [planes][8]
// output   planes like the input
//
// i32x4.dot_i16x8_s adds products of neighbouring lanes, so lines of the input are woven into pairs, and weights once a
// plane. Rounded 16-bit products would take about half the time in relaxed SIMD, and no less in plain; but the
// backbone's own integers would no longer be multiplied exactly.

import { plane3Stride1, plane3Stride2 } from './depthwise3-i16.as';
import { plane5Stride1, plane5Stride2 } from './depthwise5-i16.as';
import { addDot, highs, lows } from './lanes-i16.as';
import { finish, magic, unmagic } from './requantise.as';

/** One plane's weights in pairs of lines: at most 3 pairs of 5 columns of 2 vectors. */
const woven = memory.data(3 * 5 * 2 * 16, 16);

/** Kernels of 3×3 and 5×5, strides 1 and 2; at least 4 outputs a line. */
export function depthwise_i16(
  input: usize, plane: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize,
  outputPlane: usize, outputRow: usize, planes: i32, height: i32, width: i32, kernel: i32, stride: i32, lo: i32, hi: i32,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi);
  for (let i = 0; i < planes; i++) {
    weave(weights, kernel);
    if (kernel == 3 && stride == 1)
      plane3Stride1(input, row, woven, bias, scale, output, outputRow, height, width, low, high);
    else if (kernel == 3) plane3Stride2(input, row, woven, bias, scale, output, outputRow, height, width, low, high);
    else if (stride == 1) plane5Stride1(input, row, woven, bias, scale, output, outputRow, height, width, low, high);
    else plane5Stride2(input, row, woven, bias, scale, output, outputRow, height, width, low, high);
    input += plane;
    output += outputPlane;
    weights += <usize>(kernel * kernel) * 16;
    bias += 32;
    scale += 32;
  }
}

function weave(weights: usize, kernel: i32): void {
  const line = <usize>kernel * 16;
  let to = woven;
  for (let y = 0; y < kernel; y += 2)
    for (let x = 0; x < kernel; x++) {
      const at = weights + <usize>y * line + <usize>x * 16;
      const upper = v128.load(at), lower = y + 1 < kernel ? v128.load(at + line) : i16x8.splat(0);
      v128.store(to, lows(upper, lower));
      v128.store(to, highs(upper, lower), 16);
      to += 32;
    }
}

/** Any kernel, stride and dilation: `taps` are distances in bytes from the field's beginning. */
export function depthwise_any_i16(
  input: usize, plane: usize, taps: usize, tapCount: i32, stepDown: usize, stepRight: usize, weights: usize,
  bias: usize, scale: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32, width: i32,
  lo: i32, hi: i32,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi), round = magic(), unround = unmagic(0);
  for (let i = 0; i < planes; i++) {
    const s0 = v128.load(scale), s1 = v128.load(scale, 16);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const field = input + <usize>y * stepDown + <usize>x * stepRight;
        let l = v128.load(bias), h = v128.load(bias, 16);
        let tap = taps, w = weights;
        for (let n = tapCount; n > 0; n -= 2) {
          const x0 = v128.load(field + load<i32>(tap)), w0 = v128.load(w);
          let x1 = x0, w1 = i16x8.splat(0);
          if (n > 1) { x1 = v128.load(field + load<i32>(tap, 4)); w1 = v128.load(w, 16); }
          l = addDot(l, lows(x0, x1), lows(w0, w1));
          h = addDot(h, highs(x0, x1), highs(w0, w1));
          tap += 8;
          w += 32;
        }
        finish<i16>(l, h, s0, s1, round, unround, low, high, output + <usize>y * outputRow + <usize>x * 16);
      }
    input += plane;
    output += outputPlane;
    weights += <usize>tapCount * 16;
    bias += 32;
    scale += 32;
  }
}
