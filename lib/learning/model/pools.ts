// Pools. tfjs's average pool has a wrong gradient where it counts only what lies inside the picture, so averages are taken
// over a padded picture and scaled by what the graph counts.

import * as tf from '@tensorflow/tfjs-core';
import { type OpAttrs, resolvePadding } from '../../graph/index.ts';
import { fusedConv } from './fused-layers.ts';
import { withPadding } from './padding.ts';

/** Below every value: the padding of a maximum. */
const lowest = -3.4e38;

export function maxPool(x: tf.Tensor4D, attrs: OpAttrs): tf.Tensor4D {
  const window = attrs.window!;
  const strides = attrs.stride ?? [1, 1];
  const padded = withPadding(x, attrs, window, lowest);
  if (window[0] * window[1] === 1) return everyNth(padded, strides);
  return tf.maxPool(padded, window, strides, 'valid');
}

export function avgPool(x: tf.Tensor4D, attrs: OpAttrs): tf.Tensor4D {
  const window = attrs.window!;
  const strides = attrs.stride ?? [1, 1];
  const [, height, width] = x.shape;
  const padded = withPadding(x, attrs, window, 0);
  if (window[0] * window[1] === 1) return everyNth(padded, strides);
  const mean = tf.avgPool(padded, window, strides, 'valid');
  const factors = sharesCounted(attrs, height, width);
  return factors ? tf.mul(mean, factors) : mean;
}

/** The mean over all positions: [n, h, w, c] → [n, c]. */
export const globalAvgPool = (x: tf.Tensor4D): tf.Tensor2D => tf.mean(x, [1, 2]);

/**
 * [1, oh, ow, 1]: size of the window ÷ positions that count in its mean; undefined where that is 1 everywhere.
 */
function sharesCounted(attrs: OpAttrs, height: number, width: number): tf.Tensor4D | undefined {
  const [kh, kw] = attrs.window!;
  const [sy, sx] = attrs.stride ?? [1, 1];
  const { top, right, bottom, left, outHeight, outWidth } = resolvePadding(attrs, [kh, kw], height, width);
  const inside = (start: number, reach: number, before: number, end: number) =>
    Math.min(start + reach, end) - Math.max(start, -before);
  const counted = (i: number, stride: number, reach: number, before: number, size: number, after: number) =>
    attrs.countPadding
      ? inside(i * stride - before, reach, before, size + after)
      : inside(i * stride - before, reach, 0, size);
  const factors = new Float32Array(outHeight * outWidth);
  for (let y = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++) {
      const count = counted(y, sy, kh, top, height, bottom) * counted(x, sx, kw, left, width, right);
      factors[y * outWidth + x] = (kh * kw) / count;
    }
  return factors.every((factor) => factor === 1)
    ? undefined
    : tf.tensor4d(factors, [1, outHeight, outWidth, 1]);
}

/** A pool of one element, which XNNPACK refuses: a depthwise convolution with ones. */
function everyNth(x: tf.Tensor4D, strides: [number, number]): tf.Tensor4D {
  if (strides[0] === 1 && strides[1] === 1) return x;
  const ones = tf.ones([1, 1, x.shape[3], 1]) as tf.Tensor4D;
  return fusedConv(x, ones, undefined, true, { strides, pad: 'valid', activation: 'linear' });
}
