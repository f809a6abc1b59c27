// What a training loop needs of whoever computes gradients: worker threads on WebAssembly, or a GPU.

import type { ModelSpec } from '../model/model-spec.ts';

export interface DeviceFacts {
  kind: 'cpu' | 'gpu';
  /** The adapter's name, or the processor's with its number of threads. */
  name: string;
}

/** What a step of training gives. Sums over shards are taken in the shards' order, so that any number of threads gives
 *  the same bits. */
export interface StepResult {
  /** Mean over the batch, without penalties. */
  loss: number;
  /** How many of the batch were told right. */
  right: number;
  /** [parameterCount], of the mean loss. Valid until the next step. */
  gradients: Float32Array;
  /** [statisticsCount]: the batch's means and variances, averaged over shards; empty without batch statistics. */
  statistics: Float32Array;
}

export interface GradientEngine {
  readonly device: DeviceFacts;
  /** @param inputs [n, h, w, c], @param labels [n], @param parameters [parameterCount], @param statistics [statisticsCount] */
  step(
    inputs: Float32Array,
    labels: Int32Array,
    parameters: Float32Array,
    statistics: Float32Array,
  ): Promise<StepResult>;
  /** Logits [n, classes], with stored statistics. Any n. */
  logits(inputs: Float32Array, parameters: Float32Array, statistics: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Starts an engine for a model. `microBatch`: examples of one shard; a batch of 32 has four of 8. */
export type StartEngine = (spec: ModelSpec, options: { microBatch: number }) => Promise<GradientEngine>;
