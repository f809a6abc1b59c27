// Adding up the shards of a batch, always in the same order: floating-point sums depend on it.

import type { StepResult } from './gradient-engine.ts';

/** What a shard of n examples gives besides its gradients. */
export interface ShardSums {
  /** Of the losses of its examples. */
  lossSum: number;
  right: number;
  /** [statisticsCount]: the shard's means and variances. */
  statistics: Float32Array;
}

/**
 * The step of a batch out of its shards, in float64 and in their order.
 *
 * @param gradients of each shard [parameterCount]: sums over its examples
 * @param sizes examples of each shard; statistics are averaged with these weights
 * @param into [parameterCount]: takes the gradients of the mean loss, and is the result's
 */
export function reduceShards(
  shards: readonly ShardSums[],
  gradients: readonly Float32Array[],
  sizes: readonly number[],
  into: Float32Array,
): StepResult {
  const n = sizes.reduce((a, b) => a + b, 0);
  for (let i = 0; i < into.length; i++) {
    let sum = 0;
    for (let s = 0; s < gradients.length; s++) sum += gradients[s]![i]!;
    into[i] = sum / n;
  }
  const statistics = new Float32Array(shards[0]?.statistics.length ?? 0);
  for (let i = 0; i < statistics.length; i++) {
    let sum = 0;
    for (const [s, shard] of shards.entries()) sum += sizes[s]! * shard.statistics[i]!;
    statistics[i] = sum / n;
  }
  return {
    loss: shards.reduce((sum, { lossSum }) => sum + lossSum, 0) / n,
    right: shards.reduce((sum, { right }) => sum + right, 0),
    gradients: into,
    statistics,
  };
}
