// Losses of logits in plain numbers, for held-out examples: the engine gives logits, and what decides when to stop must not
// depend on a device. Exp and log are lib/linalg's, the same bits everywhere.

import { exp, log } from '../../linalg/index.ts';
import { minPredictions } from '../calibrate.ts';
import type { Loss } from '../model/model-spec.ts';
import { runSteps } from '../run-steps.ts';
import { fitTemperature } from '../temperature.ts';

export interface Judged {
  /** Mean over the examples. */
  loss: number;
  /** Share whose highest logit is that of their label; the first one of equals counts. */
  accuracy: number;
}

/** @param logits [n, classes], @param labels [n], at least one */
export function judgeLogits(logits: Float32Array, labels: Int32Array, classes: number, loss: Loss): Judged {
  const lossOf = loss === 'softmax' ? crossEntropy : squaredHinge;
  let sum = 0;
  let right = 0;
  labels.forEach((label, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    sum += lossOf(row, label);
    if (indexOfLargest(row) === label) right++;
  });
  return { loss: sum / labels.length, accuracy: right / labels.length };
}

/**
 * Their loss once a temperature has been fitted to them, which is what will be published: logits that have grown sharper and
 * no worse are no reason to stop. The loss as it is of the squared hinge, and of fewer examples than a temperature is fitted to.
 */
export async function calibratedLoss(
  logits: Float32Array,
  labels: Int32Array,
  classes: number,
  loss: Loss,
): Promise<number> {
  if (loss !== 'softmax' || labels.length < minPredictions)
    return judgeLogits(logits, labels, classes, loss).loss;
  const temperature = await runSteps(
    fitTemperature({ logits: Float64Array.from(logits), classes, truth: labels }),
  );
  const cooled = logits.map((logit) => logit / temperature);
  return judgeLogits(cooled, labels, classes, loss).loss;
}

/** −ln softmax(row)[label]. */
function crossEntropy(row: Float32Array, label: number): number {
  const highest = row.reduce((a, b) => Math.max(a, b));
  let total = 0;
  for (const logit of row) total += exp(logit - highest);
  return log(total) + highest - row[label]!;
}

/** Sum over the classes of max(0, 1 − y·logit)², y = 1 for the label's and −1 for the others; of two classes, which have
 *  one function and its negative there, each counts half. */
function squaredHinge(row: Float32Array, label: number): number {
  let sum = 0;
  row.forEach((logit, c) => {
    const miss = Math.max(0, 1 - (c === label ? logit : -logit));
    sum += miss * miss;
  });
  return row.length === 2 ? sum / 2 : sum;
}

function indexOfLargest(row: Float32Array): number {
  let best = 0;
  for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c;
  return best;
}
