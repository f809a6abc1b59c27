// Depthwise convolutions of bytes 0..127 in 16-bit lanes, zero points 0 on both sides:
//
//   sum = bias + Σ over taps of (x · 256 · w + 2^14) >> 15      x 0..127, w int16 (Q15), sum int16
//   y   = clamp((sum · scale + 2^14) >> 15, lo, hi)             scale int16 (Q15), 0 ≤ lo ≤ hi ≤ 127
//
// input    planes [channels / 8][pixels][8] bytes; its address is where the field of output (0, 0) begins
// weights  [planes][taps][8] int16; bias, scale [planes][8] int16
// output   planes like the input
//
// The caller guarantees that no sum leaves int16 (lib/inference/kernels.ts has the bound); between terms it may, since
// additions wrap. A product is one instruction for eight channels: twice the work of 32-bit sums, and what rounding it
// loses is small beside the rounding of the output to 7 bits.

import { plane3Stride1, plane3Stride2 } from './depthwise3-u7.as';
import { plane5Stride1, plane5Stride2 } from './depthwise5-u7.as';
import { add, finish, spread } from './lanes-u7.as';

/** Kernels of 3×3 and 5×5, strides 1 and 2; at least 4 outputs a line. */
export function depthwise_u7(
  input: usize, plane: usize, row: usize, weights: usize, bias: usize, scale: usize, output: usize,
  outputPlane: usize, outputRow: usize, planes: i32, height: i32, width: i32, kernel: i32, stride: i32, lo: i32, hi: i32,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi);
  for (let i = 0; i < planes; i++) {
    if (kernel == 3 && stride == 1)
      plane3Stride1(input, row, weights, bias, scale, output, outputRow, height, width, low, high);
    else if (kernel == 3)
      plane3Stride2(input, row, weights, bias, scale, output, outputRow, height, width, low, high);
    else if (stride == 1)
      plane5Stride1(input, row, weights, bias, scale, output, outputRow, height, width, low, high);
    else plane5Stride2(input, row, weights, bias, scale, output, outputRow, height, width, low, high);
    input += plane;
    output += outputPlane;
    weights += <usize>(kernel * kernel) * 16;
    bias += 16;
    scale += 16;
  }
}

/** Any kernel, stride and dilation: `taps` are distances in bytes from the field's beginning. */
export function depthwise_any_u7(
  input: usize, plane: usize, taps: usize, tapCount: i32, stepDown: usize, stepRight: usize, weights: usize,
  bias: usize, scale: usize, output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32, width: i32,
  lo: i32, hi: i32,
): void {
  const low = i16x8.splat(<i16>lo), high = i16x8.splat(<i16>hi);
  const tapsEnd = taps + (<usize>tapCount << 2);
  for (let i = 0; i < planes; i++) {
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const field = input + <usize>y * stepDown + <usize>x * stepRight;
        let sum = v128.load(bias), w = weights;
        for (let tap = taps; tap < tapsEnd; tap += 4) {
          sum = add(spread(v128.load64_zero(field + load<i32>(tap))), v128.load(w), sum);
          w += 16;
        }
        const result = finish(sum, v128.load(scale), low, high);
        v128.store64_lane(output + <usize>y * outputRow + <usize>x * 8, i8x16.narrow_i16x8_s(result, result), 0);
      }
    input += plane;
    output += outputPlane;
    weights += <usize>tapCount * 16;
    bias += 16;
    scale += 16;
  }
}
