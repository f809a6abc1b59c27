// Which examples a step trains on: a function of the seed and the step's number, so that a resumed training goes on with
// the batch that would have come.

import { createRng, shuffle } from '../../linalg/index.ts';
import { mixed } from './augment.ts';
import type { TuningInputs } from './inputs.ts';
import type { TuningSettings } from './settings.ts';

/** How long a training is at the most. */
export interface Course {
  examples: number;
  stepsPerEpoch: number;
  totalSteps: number;
}

export function courseOf(
  examples: number,
  { batchSize, epochs, maxSteps }: Pick<TuningSettings, 'batchSize' | 'epochs' | 'maxSteps'>,
): Course {
  const stepsPerEpoch = Math.ceil(examples / batchSize);
  return { examples, stepsPerEpoch, totalSteps: Math.min(epochs * stepsPerEpoch, maxSteps ?? Infinity) };
}

/** Of one step, or of a look at examples. */
export interface Batch {
  /** [n, h, w, c] */
  inputs: Float32Array;
  /** [n] */
  labels: Int32Array;
}

/**
 * The examples of a step. Every epoch has an order of its own, and batches that differ by one example at the most: a last
 * batch of three would be a step as long as any other, in a direction that three examples give.
 */
export function examplesOf(step: number, { examples, stepsPerEpoch }: Course, seed: number): number[] {
  const epoch = Math.floor(step / stepsPerEpoch);
  const at = step % stepsPerEpoch;
  const order = shuffle(
    Array.from({ length: examples }, (_, i) => i),
    createRng(mixed(seed >>> 0, epoch)),
  );
  return order.slice(
    Math.floor((at * examples) / stepsPerEpoch),
    Math.floor(((at + 1) * examples) / stepsPerEpoch),
  );
}

/** The batch of a training step. */
export function trainingBatch(
  inputs: TuningInputs,
  step: number,
  course: Course,
  seed: number,
): Promise<Batch> {
  const epoch = Math.floor(step / course.stepsPerEpoch);
  const chosen = examplesOf(step, course, seed);
  return gather(inputs.shape, chosen, inputs.trainLabels, (i) => inputs.training(i, epoch));
}

/** Examples side by side. One after the other, so that no more than a batch lies in memory. */
export async function gather(
  shape: readonly number[],
  chosen: number[],
  labels: Int32Array,
  input: (i: number) => Promise<Float32Array>,
): Promise<Batch> {
  const size = shape.reduce((a, b) => a * b, 1);
  const inputs = new Float32Array(chosen.length * size);
  for (const [at, i] of chosen.entries()) {
    const values = await input(i);
    if (values.length !== size) throw new RangeError(`an input has ${values.length} numbers, not ${size}`);
    inputs.set(values, at * size);
  }
  return { inputs, labels: Int32Array.from(chosen, (i) => labels[i]!) };
}
