// Convolutions of the graph as those that tfjs has gradients for: padding becomes `same` or zeros around the picture, a
// dilated kernel one with zeros in it, groups convolutions side by side.

import * as tf from '@tensorflow/tfjs-core';
import { type OpAttrs, resolvePadding } from '../../graph/index.ts';
import { type ConvRun, type FusedActivation, fusedConv } from './fused-layers.ts';
import { withPadding } from './padding.ts';

/**
 * @param x [n, h, w, cin]
 * @param kernel [kh, kw, cin / groups, cout]
 * @param bias [cout]
 */
export function convolution(
  x: tf.Tensor4D,
  kernel: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  attrs: OpAttrs,
  activation: FusedActivation,
): tf.Tensor4D {
  const groups = attrs.groups ?? 1;
  const filter = dilated(kernel, attrs.dilation ?? [1, 1]);
  const window: [number, number] = [kernel.shape[0], kernel.shape[1]];
  const same = meansSame(x, attrs, window);
  const padded = same ? x : withPadding(x, attrs, window, 0);
  const run: ConvRun = { strides: attrs.stride ?? [1, 1], pad: same ? 'same' : 'valid', activation };
  if (groups === 1) return fusedConv(padded, filter, bias, false, run);
  if (groups === x.shape[3]) {
    const [kh, kw, , cout] = filter.shape;
    const perChannel = tf.reshape(filter, [kh, kw, groups, cout / groups]) as tf.Tensor4D;
    return fusedConv(padded, perChannel, bias, true, run);
  }
  const parts = tf.split<tf.Tensor4D>(padded, groups, 3);
  const filters = tf.split<tf.Tensor4D>(filter, groups, 3);
  const biases = bias ? tf.split<tf.Tensor1D>(bias, groups) : [];
  return tf.concat<tf.Tensor4D>(
    parts.map((part, g) => fusedConv(part, filters[g]!, biases[g], false, run)),
    3,
  );
}

/** Whether tfjs's `same` puts zeros exactly where the graph wants padding: then nothing needs copying. */
function meansSame(
  { shape: [, height, width] }: tf.Tensor4D,
  attrs: OpAttrs,
  window: [number, number],
): boolean {
  const wanted = resolvePadding(attrs, window, height, width);
  const same = resolvePadding({ ...attrs, padding: 'same' }, window, height, width);
  return (['top', 'left', 'outHeight', 'outWidth'] as const).every((key) => same[key] === wanted[key]);
}

/** [kh, kw, …] with dilation − 1 rows and columns of zeros between its own: tfjs has no gradient of a dilated one. */
function dilated(kernel: tf.Tensor4D, [dy, dx]: readonly [number, number]): tf.Tensor4D {
  if (dy === 1 && dx === 1) return kernel;
  const [kh, kw, cin, cout] = kernel.shape;
  const [rows, columns] = [(kh - 1) * dy + 1, (kw - 1) * dx + 1];
  const tall = spread(tf.reshape(kernel, [1, kh, kw * cin * cout]), dy);
  const wide = spread(tf.reshape(tall, [rows, kw, cin * cout]), dx);
  return tf.reshape(wide, [rows, columns, cin, cout]);
}

/** [a, k, b] → [a, (k − 1) · by + 1, b]. */
function spread(x: tf.Tensor3D, by: number): tf.Tensor3D {
  const [a, k, b] = x.shape;
  const apart = tf.pad(tf.reshape(x, [a * k, 1, b]), [
    [0, 0],
    [0, by - 1],
    [0, 0],
  ]);
  const joined = tf.reshape(apart, [a, k * by, b]) as tf.Tensor3D;
  return tf.slice(joined, [0, 0, 0], [a, (k - 1) * by + 1, b]);
}
