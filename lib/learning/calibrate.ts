// Calibration from out-of-fold predictions: fitted, and judged honestly. What is fitted on predictions looks better on
// those same predictions than it is, so `after` is nested: each fold is calibrated by what the others say. The
// published head takes the calibration of all of them, although it has itself seen every example; fold models stand
// in for it, as usual.

import type { Calibration, HeadKind } from '../heads/index.ts';
import { probabilitiesOf } from '../heads/index.ts';
import { expectedCalibrationError } from './calibration-error.ts';
import { computeMetrics, judgeProbabilities } from './metrics.ts';
import type { OutOfFold } from './out-of-fold.ts';
import { fitPlatt } from './platt.ts';
import type { CalibrationReport, Metrics } from './report.ts';
import { type Scored, selectRows } from './scored.ts';
import { fitTemperature } from './temperature.ts';

/**
 * Fewer out-of-fold predictions than this say too little of strength and of probabilities. On samples of hymenoptera,
 * Platt's sigmoids made the log-loss of unseen photographs worse with 32 predictions (0.561 → 0.574), the same with
 * 48 and with 64, and better with 128 (0.434 → 0.425); the default strength was as good as the chosen one up to 64.
 */
export const minPredictions = 50;
/** So do fewer than this of any one label: its sigmoid would be a guess. */
export const minPredictionsOfLabel = 5;

export interface Calibrated {
  calibration: Calibration;
  report: CalibrationReport;
  /** Out-of-fold metrics of probabilities as the head shows them, each fold's calibrated by the others'. */
  metrics: Metrics;
}

const none: Calibration = { method: 'none' };

/** Calibrates on predictions of examples that the models had not seen, or says why not. Yields 0 in between, as everything
 *  here does. @param from what those predictions are */
export function* calibrate(
  outOfFold: OutOfFold,
  kind: HeadKind,
  labelNames: string[],
  from: 'out-of-fold' | 'held-out' = 'out-of-fold',
): Generator<number, Calibrated> {
  const n = outOfFold.truth.length;
  const before = yield* nestedProbabilities(outOfFold, kind, 'none');
  const reason = whyNot(outOfFold, labelNames, from);
  const calibration = reason ? none : yield* fitCalibration(kind, outOfFold);
  const after = reason ? before : yield* nestedProbabilities(outOfFold, kind);
  const judge = (probabilities: Float64Array) =>
    computeMetrics(judgeProbabilities(probabilities, outOfFold), outOfFold.truth, labelNames);
  yield 0;
  const metrics = judge(after);
  yield 0;
  return {
    calibration,
    metrics,
    report: {
      method: calibration.method,
      from: reason ? 'none' : from,
      n,
      eceBefore: eceOf(before, outOfFold),
      ece: eceOf(after, outOfFold),
      logLossBefore: judge(before).logLoss,
      logLossAfter: metrics.logLoss,
      reason,
    },
  };
}

/** Temperature for a softmax, whose logits already are log-odds; a sigmoid a label for an SVM, whose scores are not. */
export function* fitCalibration(kind: HeadKind, scored: Scored): Generator<number, Calibration> {
  return kind === 'svm'
    ? { method: 'platt', ...(yield* fitPlatt(scored)) }
    : { method: 'temperature', temperature: yield* fitTemperature(scored) };
}

/**
 * Probabilities [n, classes] of out-of-fold predictions, each fold's calibrated by the others'.
 *
 * @param method `none`: as they are, to compare with.
 */
export function* nestedProbabilities(
  outOfFold: OutOfFold,
  kind: HeadKind,
  method: 'fitted' | 'none' = 'fitted',
): Generator<number, Float64Array> {
  if (method === 'none') return probabilitiesOfRows(outOfFold, () => none);
  const count = 1 + outOfFold.fold.reduce((a, b) => Math.max(a, b), -1);
  const others: Calibration[] = [];
  for (let f = 0; f < count; f++) {
    const rows = selectRows(outOfFold, (row) => outOfFold.fold[row] !== f);
    others.push(yield* fitCalibration(kind, rows));
  }
  yield 0;
  return probabilitiesOfRows(outOfFold, (row) => others[outOfFold.fold[row]!]!);
}

/** Probabilities [n, classes] of logits, each row's by its own calibration. */
export function probabilitiesOfRows(
  { logits, classes, truth }: Scored,
  calibrationOf: (row: number) => Calibration,
): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let i = 0; i < truth.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    probabilities.set(probabilitiesOf(row, calibrationOf(i)), i * classes);
  }
  return probabilities;
}

function eceOf(probabilities: Float64Array, scored: Scored): number {
  const { predicted } = judgeProbabilities(probabilities, scored);
  return expectedCalibrationError(
    Float64Array.from(predicted, (label, i) => probabilities[i * scored.classes + label]!),
    Uint8Array.from(predicted, (label, i) => (label === scored.truth[i] ? 1 : 0)),
  );
}

function whyNot({ truth }: OutOfFold, labelNames: string[], from: string): string | null {
  if (truth.length < minPredictions)
    return `Calibration needs ${minPredictions} ${from} predictions, and there are ${truth.length}. Add images.`;
  const counts = labelNames.map(() => 0);
  for (const label of truth) counts[label]!++;
  const rare = counts.findIndex((count) => count < minPredictionsOfLabel);
  return rare < 0
    ? null
    : `Calibration needs ${minPredictionsOfLabel} ${from} predictions of each label, and "${labelNames[rare]}" has ${counts[rare]}. Add images of it.`;
}
