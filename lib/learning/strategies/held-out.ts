// What held-out examples say of a model: figures of each one, so that models can be compared in pairs.

import type { Calibration } from '../../heads/index.ts';
import { probabilitiesOfRows } from '../calibrate.ts';
import { judgeProbabilities, lossesOf } from '../metrics.ts';
import type { Scored } from '../scored.ts';

export interface HeldOut {
  /** 1 where the label was told right. */
  right: Uint8Array;
  /** −ln of the probability of the true label. */
  losses: Float64Array;
}

/** A linear head: weight [classes, dims], bias [classes]. */
export interface LinearWeights {
  weight: Float32Array;
  bias: Float32Array;
}

/** Codes [n, dims] and class indices [n]. */
export interface CodedExamples {
  codes: Float32Array;
  dims: number;
  labels: Int32Array;
}

/** Some of them, in the order given. */
export function pick({ codes, dims, labels }: CodedExamples, examples: readonly number[]): CodedExamples {
  const picked = new Float32Array(examples.length * dims);
  examples.forEach((i, row) => {
    picked.set(codes.subarray(i * dims, (i + 1) * dims), row * dims);
  });
  return { codes: picked, dims, labels: Int32Array.from(examples, (i) => labels[i]!) };
}

/** Logits as an edge computes them: summed in float64, kept in float32. */
export function score({ weight, bias }: LinearWeights, { codes, dims, labels }: CodedExamples): Scored {
  const classes = bias.length;
  const logits = new Float64Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++)
    for (let j = 0; j < classes; j++) {
      let sum = 0;
      for (let k = 0; k < dims; k++) sum += weight[j * dims + k]! * codes[i * dims + k]!;
      logits[i * classes + j] = Math.fround(sum + bias[j]!);
    }
  return { logits, classes, truth: labels };
}

/** How logits do on their examples, as probabilities of a calibration. */
export const judge = (scored: Scored, calibration: Calibration): HeldOut =>
  figuresOf(
    probabilitiesOfRows(scored, () => calibration),
    scored,
  );

/** @param probabilities [n, classes] */
export function figuresOf(probabilities: Float64Array, scored: Scored): HeldOut {
  const judgements = judgeProbabilities(probabilities, scored);
  return {
    right: Uint8Array.from(judgements.predicted, (label, i) => +(label === scored.truth[i])),
    losses: lossesOf(judgements),
  };
}
