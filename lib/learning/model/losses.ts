// The two losses over logits, summed over the examples so that shards of a batch add up, each with its gradient written
// down: they are as small as the logits, and need no kernel that a backend may lack.

import * as tf from '@tensorflow/tfjs-core';
import type { Loss } from './model-spec.ts';

/**
 * @param logits [n, classes]
 * @param labels [n], class indices
 * @returns a scalar
 */
export function lossSum(loss: Loss, logits: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  return loss === 'softmax' ? crossEntropy(logits, labels) : squaredHinge(logits, labels);
}

/** Σ log Σ exp(z) − z_y, with gradient softmax(z) − [j = y]. */
function crossEntropy(logits: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  const truth = marks(labels, logits.shape[1], 0);
  return withGradient(logits, (z) => ({
    value: tf.sub(tf.sum(tf.logSumExp(z, 1)), tf.sum(tf.mul(z, truth))),
    gradient: tf.sub(tf.softmax(z), truth),
  }));
}

/**
 * Every class against the rest: Σ_j max(0, 1 − y_j z_j)² with y_j = ±1, as the linear SVM's. Of two classes, which have
 * one function and its negative there, each counts half.
 */
function squaredHinge(logits: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  const share = logits.shape[1] === 2 ? 0.5 : 1;
  const sides = marks(labels, logits.shape[1], -1);
  return withGradient(logits, (z) => {
    const missing = tf.relu(tf.sub(1, tf.mul(z, sides)));
    return {
      value: tf.mul(tf.sum(tf.square(missing)), share),
      gradient: tf.mul(tf.mul(missing, sides), -2 * share),
    };
  });
}

/** [n, classes]: 1 at the label, `other` elsewhere. */
function marks(labels: Int32Array, classes: number, other: number): tf.Tensor2D {
  const values = new Float32Array(labels.length * classes).fill(other);
  labels.forEach((label, i) => {
    values[i * classes + label] = 1;
  });
  return tf.tensor2d(values, [labels.length, classes]);
}

/** A scalar function of the logits whose gradient is known; both are computed at once. */
function withGradient(
  logits: tf.Tensor2D,
  compute: (z: tf.Tensor2D) => { value: tf.Scalar; gradient: tf.Tensor },
): tf.Scalar {
  const run = tf.customGrad(((z: tf.Tensor2D, save: tf.GradSaveFunc) => {
    const { value, gradient } = compute(z);
    save([gradient]);
    return { value, gradFunc: (dy: tf.Scalar, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy) };
  }) as never);
  return run(logits) as tf.Scalar;
}
