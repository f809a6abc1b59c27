// Padding in pixels, so that every window can be run as tfjs's `valid`.

import * as tf from '@tensorflow/tfjs-core';
import { type OpAttrs, resolvePadding } from '../../graph/index.ts';

/**
 * A picture [n, h, w, c] with `value` around it, as far as windows reach: what they hang over at the far edges (ceil
 * mode) is there, rows that none of them sees are not.
 */
export function withPadding(
  x: tf.Tensor4D,
  attrs: OpAttrs,
  window: readonly [number, number],
  value: number,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const { top, left, outHeight, outWidth } = resolvePadding(attrs, window, height, width);
  const [strideY, strideX] = attrs.stride ?? [1, 1];
  const [dilationY, dilationX] = attrs.dilation ?? [1, 1];
  const bottom = (outHeight - 1) * strideY + (window[0] - 1) * dilationY + 1 - top - height;
  const right = (outWidth - 1) * strideX + (window[1] - 1) * dilationX + 1 - left - width;
  if (top <= 0 && left <= 0 && bottom <= 0 && right <= 0) return x;
  const paddings: [number, number][] = [
    [0, 0],
    [top, Math.max(0, bottom)],
    [left, Math.max(0, right)],
    [0, 0],
  ];
  return tf.pad(x, paddings, value) as tf.Tensor4D;
}
