// What looks across the channels of a pixel, in float32: softmax and local response normalisation. Planes
// [C/4][pixels][4] in and out, may run in place; channels beyond the real ones count for nothing and become 0. Plain
// operations only: the same bits on every CPU.

import { expOfNegative } from './exp-f32.as';
import { scratch, scratchBytes } from './scratch.as';

/** Lanes that are real channels, in the block that begins at channel `first`. */
// @ts-ignore: decorator
@inline
function realLanes(channels: i32, first: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(channels - first));
}

/** As `softmax_f32` of kernels.ts: e^(x − max) ÷ their sum. */
export function softmax_f32(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  channels: i32, height: i32, width: i32,
): void {
  for (let y: usize = 0; y < <usize>height; y++)
    for (let x: usize = 0; x < <usize>width; x++)
      softmaxPixel(input + y * row + (x << 4), plane, output + y * outputRow + (x << 4), outputPlane, channels);
}

function softmaxPixel(input: usize, plane: usize, output: usize, outputPlane: usize, channels: i32): void {
  const lowest = f32x4.splat(-Infinity);
  let most = lowest, p = input;
  for (let c = 0; c < channels; c += 4, p += plane)
    most = f32x4.max(most, v128.bitselect(v128.load(p), lowest, realLanes(channels, c)));
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 1, 0, 3, 2));

  let sum = f32x4.splat(0), o = output;
  p = input;
  for (let c = 0; c < channels; c += 4, p += plane, o += outputPlane) {
    const e = v128.and(expOfNegative(f32x4.sub(v128.load(p), most)), realLanes(channels, c));
    sum = f32x4.add(sum, e);
    v128.store(o, e);
  }
  sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
  sum = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 1, 0, 3, 2));

  o = output;
  for (let c = 0; c < channels; c += 4, o += outputPlane) v128.store(o, f32x4.div(v128.load(o), sum));
  if ((channels - 1) & 4) return;
  v128.store(o, f32x4.splat(0));
}

/** As `lrn_f32` of kernels.ts: x · (bias + factor · Σ x²)^−beta, the sum over `size` channels around each. */
export function lrn_f32(
  input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  channels: i32, height: i32, width: i32, size: i32, factor: f32, beta: f32, bias: f32,
): void {
  const radius = (size - 1) >> 1;
  if (<usize>(((channels + 7) & ~7) + 2 * radius) << 2 > scratchBytes) unreachable();
  for (let y: usize = 0; y < <usize>height; y++)
    for (let x: usize = 0; x < <usize>width; x++)
      lrnPixel(
        input + y * row + (x << 4), plane, output + y * outputRow + (x << 4), outputPlane,
        channels, radius, factor, beta, bias,
      );
}

/** The pixel's squares, zeros around them, lie in scratch; a window is then so many loads, each one number on. */
function lrnPixel(
  input: usize, plane: usize, output: usize, outputPlane: usize,
  channels: i32, radius: i32, factor: f32, beta: f32, bias: f32,
): void {
  const padded = (channels + 7) & ~7;
  const squares = scratch + (<usize>radius << 2);
  for (let i: usize = 0; i < <usize>radius; i++) {
    store<f32>(scratch + (i << 2), 0);
    store<f32>(squares + (<usize>padded << 2) + (i << 2), 0);
  }
  let p = input;
  for (let c = 0; c < padded; c += 4, p += plane) {
    const v = v128.load(p);
    v128.store(squares + (<usize>c << 2), v128.and(f32x4.mul(v, v), realLanes(channels, c)));
  }
  p = input;
  let o = output;
  const reach = <usize>radius << 3;
  for (let c = 0; c < padded; c += 4, p += plane, o += outputPlane) {
    const from = scratch + (<usize>c << 2);
    let sum = v128.load(from);
    for (let d: usize = 4; d <= reach; d += 4) sum = f32x4.add(sum, v128.load(from + d));
    const base = f32x4.add(f32x4.splat(bias), f32x4.mul(f32x4.splat(factor), sum));
    v128.store(o, v128.and(f32x4.div(v128.load(p), power(base, beta)), realLanes(channels, c)));
  }
}

/** baseᵇᵉᵗᵃ; square roots, which IEEE 754 fixes, for the exponents that networks have. */
// @ts-ignore: decorator
@inline
function power(base: v128, beta: f32): v128 {
  if (beta == 1) return base;
  const root = f32x4.sqrt(base);
  if (beta == 0.5) return root;
  if (beta == 0.75) return f32x4.mul(root, f32x4.sqrt(root));
  let result = f32x4.splat(Mathf.pow(f32x4.extract_lane(base, 0), beta));
  result = f32x4.replace_lane(result, 1, Mathf.pow(f32x4.extract_lane(base, 1), beta));
  result = f32x4.replace_lane(result, 2, Mathf.pow(f32x4.extract_lane(base, 2), beta));
  return f32x4.replace_lane(result, 3, Mathf.pow(f32x4.extract_lane(base, 3), beta));
}
