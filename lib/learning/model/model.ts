// The trainable part of a network on tfjs, on whichever backend is current when it is made. It holds no weights: they
// come with every call as one flat array, and gradients go back as another.

import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../../graph/index.ts';
import type { Stored } from './batch-norm.ts';
import { forward } from './forward.ts';
import { lossSum } from './losses.ts';
import type { ModelSpec } from './model-spec.ts';
import { registerGradients } from './op-gradients.ts';
import { stepsOf } from './steps.ts';

/** Sums over the examples given, so that those of a batch's shards add up. */
export interface Gradients {
  lossSum: number;
  /** How many were told right. */
  right: number;
  /** [parameterCount], of the summed loss. */
  gradients: Float32Array;
  /** [statisticsCount]: mean and variance of these examples (no sums); empty without batch statistics. */
  statistics: Float32Array;
}

export interface Model {
  /**
   * @param inputs [n, h, w, c] @param labels [n], class indices @param parameters [parameterCount]
   * @param statistics [statisticsCount]; never read: a batch has its own, frozen ones are in the spec
   * @param into where the gradients go, [parameterCount]; a new array if left out
   */
  lossAndGradients(
    inputs: Float32Array,
    labels: Int32Array,
    parameters: Float32Array,
    statistics: Float32Array,
    into?: Float32Array,
  ): Promise<Gradients>;
  /** Logits [n, classes], with stored statistics. */
  logits(inputs: Float32Array, parameters: Float32Array, statistics: Float32Array): Promise<Float32Array>;
  /** Frees what it holds of the backend's memory. */
  dispose(): void;
}

export function createModel(spec: ModelSpec): Model {
  registerGradients();
  const steps = stepsOf(spec);
  const frozen = frozenStatistics(spec);
  const inputLength = spec.inputShape.reduce((a, b) => a * b, 1);

  const inputTensor = (inputs: Float32Array) =>
    tf.tensor4d(inputs, [inputs.length / inputLength, ...spec.inputShape]);
  const named = (tensors: tf.Tensor[]) => new Map(spec.slots.map(({ name }, i) => [name, tensors[i]!]));
  const unpacked = (parameters: Float32Array) =>
    spec.slots.map(({ offset, length, shape }) =>
      tf.tensor(parameters.subarray(offset, offset + length), shape),
    );

  /** Runs forwards and backwards; what it returns is for the caller to dispose of. */
  function differentiate(inputs: Float32Array, labels: Int32Array, parameters: Float32Array) {
    const seen = new Map<string, [tf.Tensor, tf.Tensor]>();
    let logits: tf.Tensor | undefined;
    const result = tf.tidy(() => {
      const x = inputTensor(inputs);
      const { value, grads } = tf.valueAndGrads((...weights: tf.Tensor[]) => {
        const scores = forward(x, {
          spec,
          steps,
          weights: named(weights),
          stored: (op) => frozen.get(op.name),
          seen: (op, { mean, variance }) => seen.set(op.name, [mean, variance]),
        });
        logits = tf.keep(scores);
        return lossSum(spec.loss, scores, labels);
      })(unpacked(parameters));
      return { value, grads };
    });
    return { ...result, logits: logits!, moments: spec.statisticsSlots.flatMap(({ op }) => seen.get(op)!) };
  }

  return {
    async lossAndGradients(inputs, labels, parameters, _statistics, into) {
      const { value, grads, logits, moments } = differentiate(inputs, labels, parameters);
      const gradients = into ?? new Float32Array(spec.parameterCount);
      const batch = new Float32Array(spec.statisticsCount);
      const [loss, scores] = await Promise.all([
        value.data(),
        logits.data(),
        read(grads, gradients),
        read(moments, batch),
      ]);
      tf.dispose([value, grads, logits, moments]);
      const right = countRight(scores as Float32Array, labels, spec.classes);
      return { lossSum: loss[0]!, right, gradients, statistics: batch };
    },

    async logits(inputs, parameters, statistics) {
      const scores = tf.tidy(() =>
        forward(inputTensor(inputs), {
          spec,
          steps,
          weights: named(unpacked(parameters)),
          stored: (op) => frozen.get(op.name) ?? storedIn(spec, op, statistics),
          seen: () => {},
        }),
      );
      const values = (await scores.data()) as Float32Array;
      scores.dispose();
      return values;
    },

    dispose() {
      tf.dispose([...frozen.values()].flatMap(({ mean, inverse }) => [mean, inverse]));
      frozen.clear();
    },
  };
}

/** Copies tensors into one array, one after the other. */
async function read(tensors: tf.Tensor[], into: Float32Array): Promise<void> {
  let offset = 0;
  const copies = tensors.map(async (tensor) => {
    const at = offset;
    offset += tensor.size;
    into.set((await tensor.data()) as Float32Array, at);
  });
  await Promise.all(copies);
}

/** Statistics of every batch-norm that stay as they are, on the backend. */
function frozenStatistics({ graph, batchNorm }: ModelSpec): Map<string, Stored> {
  if (batchNorm === 'batch') return new Map();
  const data = (name: string | undefined) => graph.weights.get(name!)!.data as Float32Array;
  return new Map(
    graph.ops
      .filter((op) => op.op === 'batchNorm')
      .map((op) => [op.name, storedAs(op, data(op.weights.mean), data(op.weights.variance))]),
  );
}

function storedIn(spec: ModelSpec, op: Op, statistics: Float32Array): Stored {
  const { offset, channels } = spec.statisticsSlots.find((slot) => slot.op === op.name)!;
  const [mean, variance] = [offset, offset + channels].map((at) => statistics.subarray(at, at + channels));
  return storedAs(op, mean!, variance!);
}

/** 1 / √(variance + ε) in double, rounded once. */
const storedAs = (op: Op, mean: Float32Array, variance: Float32Array): Stored => ({
  mean: tf.tensor1d(mean),
  inverse: tf.tensor1d(variance.map((v) => 1 / Math.sqrt(v + (op.attrs.epsilon ?? 0)))),
});

/** How many rows have their largest score at the label; of equal ones the first counts. */
function countRight(scores: Float32Array, labels: Int32Array, classes: number): number {
  let right = 0;
  labels.forEach((label, i) => {
    const row = scores.subarray(i * classes, (i + 1) * classes);
    if (row.indexOf(row.reduce((a, b) => Math.max(a, b))) === label) right++;
  });
  return right;
}
