// The trainable part of a network as plain data: its graph, and where each weight that moves lies in one flat array. What
// computes gradients (model.ts on tfjs, in a thread, on a GPU) and what moves weights (../tuning) share this and nothing
// else, so that a checkpoint, an all-reduce or an optimiser is a loop over numbers.

import type { Graph, Tap } from '../../graph/index.ts';

/** One weight tensor that moves. Its values are `parameters[offset … offset + length − 1]`, in memory order of `shape`. */
export interface ParameterSlot {
  /** The graph's name of the weight; `head.weight` [classes, dims] and `head.bias` [classes] for the head. */
  name: string;
  /** The op that it belongs to; `head` for the head. */
  op: string;
  role: 'kernel' | 'bias' | 'gamma' | 'beta' | 'constant';
  shape: number[];
  offset: number;
  length: number;
  /** 0: the head; 1: the last layer with weights before it; growing towards the input. Weights of one layer (a convolution
   *  and the batch-norm that follows it) share a depth. */
  depth: number;
  /** Whether weight decay applies: kernels, not biases or batch-norm. */
  decays: boolean;
}

/** A batch-norm's running statistics: mean and variance, one after the other, `channels` numbers each. */
export interface StatisticsSlot {
  op: string;
  offset: number;
  channels: number;
}

export type Loss = 'softmax' | 'svm';

export interface ModelSpec {
  /** The layers that move, in training form: batch-norm unfolded where there is one, activations unfused where need be.
   *  Weights are those that it began with; `parameters` stand in for them. */
  graph: Graph;
  /** Of one input: [h, w, c]. */
  inputShape: [number, number, number];
  /** Where the code is read that the head is put on. */
  output: Tap;
  classes: number;
  /** Length of that code. */
  dims: number;
  /** `softmax`: cross-entropy; `svm`: one-vs-rest squared hinge. Both the mean over a batch. */
  loss: Loss;
  /** `frozen`: batch-norm applies its stored statistics; `batch`: the batch's own, while training (from scratch). */
  batchNorm: 'frozen' | 'batch';
  slots: ParameterSlot[];
  parameterCount: number;
  /** Empty unless `batchNorm` is `batch`. */
  statisticsSlots: StatisticsSlot[];
  statisticsCount: number;
}
