// Batch-norm in its two ways. Frozen, it is a factor and a summand per channel, and folds into the layer before it: its
// gradients then cost as much as a kernel, not as a picture. With the batch's own statistics (Ioffe and Szegedy, 2015) it
// has a gradient of its own here, since tfjs's takes mean and variance apart.

import * as tf from '@tensorflow/tfjs-core';

/** Stored statistics: mean and 1 / √(variance + ε), [channels] each. */
export interface Stored {
  mean: tf.Tensor1D;
  inverse: tf.Tensor1D;
}

/** What a batch had: mean and variance (divided by n, not n − 1), [channels] each. */
export interface Moments {
  mean: tf.Tensor1D;
  variance: tf.Tensor1D;
}

/** y = scale · x + shift per channel. */
export interface Affine {
  scale: tf.Tensor1D;
  shift: tf.Tensor1D;
}

/** Frozen batch-norm as scale and shift; a missing gamma is 1, a missing beta 0. */
export function frozenAffine(
  stored: Stored,
  gamma: tf.Tensor1D | undefined,
  beta: tf.Tensor1D | undefined,
): Affine {
  const scale = gamma ? tf.mul<tf.Tensor1D>(gamma, stored.inverse) : stored.inverse;
  const moved = tf.mul<tf.Tensor1D>(scale, stored.mean);
  return { scale, shift: beta ? tf.add(beta, tf.neg(moved)) : tf.neg(moved) };
}

/** Batch-norm folded into a layer: its kernel [.., cout] and bias [cout]. */
export function folded<T extends tf.Tensor>(
  kernel: T,
  bias: tf.Tensor1D | undefined,
  { scale, shift }: Affine,
): { kernel: T; bias: tf.Tensor1D } {
  return {
    kernel: tf.mul(kernel, scale),
    bias: bias ? tf.add(shift, tf.mul(bias, scale)) : shift,
  };
}

/**
 * γ (x − μ) / √(σ² + ε) + β with mean and variance of x itself over all axes but the last.
 *
 * With z = (x − μ) / √(σ² + ε): ∂x = γ / √(σ² + ε) · (∂y − mean(∂y) − z · mean(∂y · z)), ∂γ = Σ ∂y · z, ∂β = Σ ∂y.
 *
 * @param x [n, h, w, c] @param seen is told mean and variance, which it must dispose of
 */
export function batchNormalised(
  x: tf.Tensor4D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  epsilon: number,
  seen: (moments: Moments) => void,
): tf.Tensor4D {
  const channels = x.shape[3];
  const count = x.size / channels;
  const overChannels = (values: tf.Tensor4D) => tf.sum(values, [0, 1, 2]) as tf.Tensor1D;
  const mean = (values: tf.Tensor4D) => tf.div(overChannels(values), count) as tf.Tensor1D;
  const normalise = tf.customGrad(((
    x: tf.Tensor4D,
    gamma: tf.Tensor1D,
    beta: tf.Tensor1D,
    save: tf.GradSaveFunc,
  ) => {
    const average = mean(x);
    const centred = affine(x, tf.onesLike(average), tf.neg(average));
    const variance = mean(tf.square(centred));
    const inverse = tf.rsqrt(tf.add(variance, epsilon)) as tf.Tensor1D;
    seen({ mean: tf.keep(average), variance: tf.keep(variance) });
    save([centred, inverse, gamma]);
    const gradFunc = (dy: tf.Tensor4D, saved: tf.Tensor[]) => {
      const [centred, inverse, gamma] = saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D];
      const beta = overChannels(dy);
      const slope = tf.mul(overChannels(tf.mul(dy, centred)), inverse) as tf.Tensor1D;
      const scale = tf.mul(gamma, inverse) as tf.Tensor1D;
      const minus = (factor: tf.Tensor) => tf.div(tf.mul(factor, scale), -count) as tf.Tensor1D;
      const back = affine(centred, minus(tf.mul(slope, inverse)), minus(beta));
      return [tf.add(affine(dy, scale, tf.zerosLike(scale)), back), slope, beta];
    };
    return { value: affine(centred, tf.mul(gamma, inverse), beta), gradFunc };
  }) as never);
  return normalise(x, gamma, beta) as tf.Tensor4D;
}

/** scale · x + shift per channel, in the one kernel that every backend has for it. */
function affine(x: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D): tf.Tensor4D {
  return tf.batchNorm(x, tf.zerosLike(shift), tf.onesLike(shift), shift, scale, 0) as tf.Tensor4D;
}
