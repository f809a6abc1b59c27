// Convolutions on bytes 0..127 and int8 weights.
//
// Input   planes [K / 8][pixels][8] bytes, addressed through tables (lib/inference/kernels.ts).
// Weights [N / 8][taps][K / 4][8][4] int8: a vector holds four inputs of four outputs, so one 32-bit splat of the
//         activations (four inputs of a pixel) meets it in four outputs at once.
// Output  planes [N / 8][pixels][8], int16 or bytes; formula in requantise.as.ts.
// Sums    bias + Σ x·w in int32, exact in both builds, which therefore give the same integers.
//
// The relaxed build has both ways: safe_… for platforms that fail the self-test.

import { convPlain } from './conv-u7-plain.as';
import { convRelaxed } from './conv-u7-relaxed.as';

export function conv_u7_i16(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) convRelaxed<i16>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
  else convPlain<i16>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
}

export function conv_u7_u7(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) convRelaxed<u8>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
  else convPlain<u8>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
}

export function safe_conv_u7_i16(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  convPlain<i16>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
}

export function safe_conv_u7_u7(
  input: usize, plane: usize, fields: usize, taps: usize, tapCount: i32, blocks: i32, weights: usize, bias: usize,
  scale: usize, output: usize, outPlane: usize, offsets: usize, pixels: i32, outputs: i32, residual: usize,
  residualPlane: usize, residualOffsets: usize, lo: i32, hi: i32, zeroPoint: i32, byRows: i32,
): void {
  convPlain<u8>(
    input, plane, fields, taps, tapCount, blocks, weights, bias, scale, output, outPlane, offsets, pixels, outputs,
    residual, residualPlane, residualOffsets, lo, hi, zeroPoint, byRows,
  );
}
