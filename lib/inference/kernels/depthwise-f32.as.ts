// float32 depthwise convolution: every channel by itself, Σ over taps of x·w plus bias, clamped.
//
//   input    planes [C/4][pixels][4]; `input` is where the field of output (0, 0) begins, in the halo if there is one
//   weights  [C/4][taps][4]
//   output   planes [C/4][pixels][4]
//
// 3×3 and 5×5 with strides 1 and 2 have files of their own; depthwise_any_f32 does every other kernel, stride and
// dilation by a table of taps, one output at a time.

import { plane3Stride1, plane3Stride2 } from './depthwise3-f32.as';
import { plane5Stride1, plane5Stride2 } from './depthwise5-f32.as';
import { clamp, madd } from './lanes-f32.as';

export function depthwise_f32(
  input: usize, plane: usize, row: usize, weights: usize, bias: usize,
  output: usize, outputPlane: usize, outputRow: usize, planes: i32, height: i32, width: i32,
  k: i32, stride: i32, lo: f32, hi: f32,
): void {
  const low = f32x4.splat(lo), high = f32x4.splat(hi);
  for (let c = 0; c < planes; c++) {
    if (k == 3) {
      if (stride == 1) plane3Stride1(input, row, weights, bias, output, outputRow, height, width, low, high);
      else plane3Stride2(input, row, weights, bias, output, outputRow, height, width, low, high);
    } else {
      if (stride == 1) plane5Stride1(input, row, weights, bias, output, outputRow, height, width, low, high);
      else plane5Stride2(input, row, weights, bias, output, outputRow, height, width, low, high);
    }
    input += plane;
    weights += <usize>(k * k) << 4;
    bias += 16;
    output += outputPlane;
  }
}

export function depthwise_any_f32(
  input: usize, plane: usize, taps: usize, tapCount: i32, stepDown: usize, stepRight: usize,
  weights: usize, bias: usize, output: usize, outputPlane: usize, outputRow: usize,
  planes: i32, height: i32, width: i32, lo: f32, hi: f32,
): void {
  const low = f32x4.splat(lo), high = f32x4.splat(hi);
  const tapsEnd = taps + (<usize>tapCount << 2);
  for (let c = 0; c < planes; c++) {
    for (let y = 0; y < height; y++) {
      let field = input + <usize>c * plane + <usize>y * stepDown;
      let o = output + <usize>c * outputPlane + <usize>y * outputRow;
      for (let x = 0; x < width; x++) {
        let sum = v128.load(bias);
        let w = weights;
        for (let tap = taps; tap < tapsEnd; tap += 4) {
          sum = madd(v128.load(field + load<i32>(tap)), v128.load(w), sum);
          w += 16;
        }
        v128.store(o, clamp(sum, low, high));
        o += 16;
        field += stepRight;
      }
    }
    weights += <usize>tapCount << 4;
    bias += 16;
  }
}
