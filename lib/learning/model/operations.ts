// Each op of the graph that is no layer of its own, in tfjs's ops. Pictures are [n, h, w, c], vectors [n, c].

import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../../graph/index.ts';
import { avgPool, globalAvgPool, maxPool } from './pools.ts';

/**
 * The op without its activation.
 *
 * @param constant of an `add` or `mul` that has one: [1] or [channels]
 */
export function operation(op: Op, inputs: tf.Tensor[], constant: tf.Tensor | undefined): tf.Tensor {
  const [x] = inputs as [tf.Tensor4D];
  switch (op.op) {
    case 'maxPool':
      return maxPool(x, op.attrs);
    case 'avgPool':
      return avgPool(x, op.attrs);
    case 'globalAvgPool':
      return globalAvgPool(x);
    case 'add':
      return constant ? tf.add(x, constant) : tf.add(...broadcast(inputs));
    case 'mul':
      return constant ? tf.mul(x, constant) : tf.mul(...broadcast(inputs));
    case 'concat':
      return concat(op, inputs);
    case 'lrn':
      return lrn(op, x);
    case 'pad':
      return pad(op, x);
    case 'flatten':
      return tf.reshape(x, [x.shape[0], -1]);
    case 'reshape':
      return tf.reshape(x, [x.shape[0], ...op.attrs.shape!]);
    case 'softmax':
      return tf.softmax(x);
    case 'channelShuffle':
      return shuffle(x, op.attrs.groups!);
    case 'channelSlice':
      return slice(op, x);
    case 'activation':
    case 'dropout':
      return x;
    default:
      throw new Error(`${op.op} is a layer of its own`);
  }
}

/** Two values with as many axes: shapes are matched from the end, the batch stays first. */
function broadcast(inputs: tf.Tensor[]): [tf.Tensor, tf.Tensor] {
  const rank = Math.max(...inputs.map((input) => input.rank));
  const alike = inputs.map((input) => {
    const [n, ...rest] = input.shape as [number, ...number[]];
    return rest.length + 1 === rank
      ? input
      : tf.reshape(input, [n, ...new Array<number>(rank - 1 - rest.length).fill(1), ...rest]);
  });
  return alike as [tf.Tensor, tf.Tensor];
}

function concat(op: Op, inputs: tf.Tensor[]): tf.Tensor {
  const axis = op.attrs.axis ?? -1;
  return tf.concat(inputs, axis < 0 ? inputs[0]!.rank + axis : axis + 1);
}

/** x / (bias + alpha / size · Σ x²)^beta over `size` neighbouring channels. */
function lrn(op: Op, x: tf.Tensor4D): tf.Tensor {
  const { size = 5, alpha = 1e-4, beta = 0.75, bias = 1 } = op.attrs;
  return tf.localResponseNormalization(x, (size - 1) / 2, bias, alpha / size, beta);
}

function pad(op: Op, x: tf.Tensor4D): tf.Tensor {
  const { top, right, bottom, left } = op.attrs.padding as Exclude<
    Op['attrs']['padding'],
    string | undefined
  >;
  const paddings: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return tf.pad(x, paddings, op.attrs.value ?? 0);
}

/** Channels [groups, m] → [m, groups]. */
function shuffle(x: tf.Tensor4D, groups: number): tf.Tensor {
  const channels = x.shape[3];
  const parts = tf.reshape(x, [x.size / channels, groups, channels / groups]);
  return tf.reshape(tf.transpose(parts, [0, 2, 1]), x.shape);
}

function slice(op: Op, x: tf.Tensor): tf.Tensor {
  const { start = 0, count = 0 } = op.attrs;
  const zeros = new Array<number>(x.rank - 1).fill(0);
  return tf.slice(x, [...zeros, start], [...x.shape.slice(0, -1), count]);
}
