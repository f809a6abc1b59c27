// From inputs to logits, in tfjs's ops. Pure: weights and statistics are tensors that the caller owns.

import * as tf from '@tensorflow/tfjs-core';
import type { Op } from '../../graph/index.ts';
import { activate } from './activations.ts';
import { batchNormalised, folded, frozenAffine, type Moments, type Stored } from './batch-norm.ts';
import { convolution } from './convolution.ts';
import type { ModelSpec } from './model-spec.ts';
import { headSlots } from './model-spec-of.ts';
import { operation } from './operations.ts';
import type { Step } from './steps.ts';

export interface Forward {
  spec: ModelSpec;
  steps: Step[];
  /** Weights that move, by the names of their slots. */
  weights: ReadonlyMap<string, tf.Tensor>;
  /** Statistics of a batch-norm; none where it takes the batch's own. */
  stored(op: Op): Stored | undefined;
  /** Is told what a batch-norm saw of the batch; the tensors are the listener's. */
  seen(op: Op, moments: Moments): void;
}

/** @param inputs [n, h, w, c] @returns logits [n, classes] */
export function forward(inputs: tf.Tensor4D, run: Forward): tf.Tensor2D {
  const { spec, weights } = run;
  const values = new Map<string, tf.Tensor>([[spec.graph.input.name, inputs]]);
  for (const step of run.steps) {
    const read = step.op.inputs.map((name) => values.get(name)!);
    values.set(step.name, stepped(step, read, run));
  }
  const head = headSlots(spec);
  const code = codeOf(values.get(spec.output.op)!, spec);
  const scores = tf.matMul(code, weights.get(head.weight.name)! as tf.Tensor2D, false, true);
  return tf.add(scores, weights.get(head.bias.name)!);
}

function codeOf(value: tf.Tensor, spec: ModelSpec): tf.Tensor2D {
  if (value.rank === 2) return value as tf.Tensor2D;
  if (spec.output.pooling === 'avg') return tf.mean(value, [1, 2]);
  return tf.reshape(value, [value.shape[0]!, spec.dims]);
}

function stepped(step: Step, inputs: tf.Tensor[], run: Forward): tf.Tensor {
  const { op, activation } = step;
  if (op.op === 'conv2d') return convolved(step, inputs[0]! as tf.Tensor4D, run);
  const bare =
    op.op === 'dense'
      ? connected(step, inputs[0]! as tf.Tensor2D, run)
      : op.op === 'batchNorm'
        ? normalised(op, inputs[0]!, run)
        : operation(op, inputs, weightOf(run, op.weights.constant));
  return activation ? activate(bare, activation.kind, activation.alpha) : bare;
}

function convolved(step: Step, x: tf.Tensor4D, run: Forward): tf.Tensor4D {
  const { kernel, bias } = layerWeights<tf.Tensor4D>(step, run);
  const kind = step.activation?.kind;
  if (kind === 'relu' || kind === 'relu6') return convolution(x, kernel, bias, step.op.attrs, kind);
  const linear = convolution(x, kernel, bias, step.op.attrs, 'linear');
  return step.activation ? activate(linear, step.activation.kind, step.activation.alpha) : linear;
}

function connected(step: Step, x: tf.Tensor2D, run: Forward): tf.Tensor {
  const { kernel, bias } = layerWeights<tf.Tensor2D>(step, run);
  const product = tf.matMul(x, kernel);
  return bias ? tf.add(product, bias) : product;
}

function layerWeights<T extends tf.Tensor>(
  { op, norm }: Step,
  run: Forward,
): { kernel: T; bias: tf.Tensor1D | undefined } {
  const kernel = weightOf(run, op.weights.kernel) as T;
  const bias = weightOf(run, op.weights.bias) as tf.Tensor1D | undefined;
  return norm ? folded(kernel, bias, affineOf(norm, run.stored(norm)!, run)) : { kernel, bias };
}

function normalised(op: Op, x: tf.Tensor, run: Forward): tf.Tensor {
  const stored = run.stored(op);
  if (stored) {
    const { scale, shift } = affineOf(op, stored, run);
    return tf.add(tf.mul(x, scale), shift);
  }
  const channels = x.shape.at(-1)!;
  const picture = (x.rank === 4 ? x : tf.reshape(x, [x.shape[0]!, 1, 1, channels])) as tf.Tensor4D;
  const gamma = weightOf(run, op.weights.gamma) ?? tf.ones([channels]);
  const beta = weightOf(run, op.weights.beta) ?? tf.zeros([channels]);
  const seen = (moments: Moments) => run.seen(op, moments);
  const y = batchNormalised(picture, gamma as tf.Tensor1D, beta as tf.Tensor1D, op.attrs.epsilon ?? 0, seen);
  return tf.reshape(y, x.shape);
}

const affineOf = (op: Op, stored: Stored, run: Forward) =>
  frozenAffine(
    stored,
    weightOf(run, op.weights.gamma) as tf.Tensor1D | undefined,
    weightOf(run, op.weights.beta) as tf.Tensor1D | undefined,
  );

const weightOf = ({ weights }: Forward, name: string | undefined): tf.Tensor | undefined =>
  name === undefined ? undefined : weights.get(name)!;
