// Activation functions of the graph in tfjs's terms, all of them differentiable there.

import * as tf from '@tensorflow/tfjs-core';
import type { ActivationKind } from '../../graph/index.ts';

/** Slope of leakyRelu below zero where the graph gives none. */
const leakyReluSlope = 0.01;

export function activate<T extends tf.Tensor>(x: T, kind: ActivationKind, alpha?: number): T {
  switch (kind) {
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'swish':
      return tf.mul(x, tf.sigmoid(x));
    case 'hardSigmoid':
      return hardSigmoid(x);
    case 'hardSwish':
      return tf.mul(x, hardSigmoid(x));
    case 'leakyRelu':
      return tf.leakyRelu(x, alpha ?? leakyReluSlope);
    case 'tanh':
      return tf.tanh(x);
  }
}

const hardSigmoid = <T extends tf.Tensor>(x: T): T => tf.mul(tf.relu6(tf.add(x, 3)), 1 / 6);
