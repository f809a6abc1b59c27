// Metrics of predictions: accuracy, log-loss, precision, recall and F1 by class, confusion matrix.

import { log } from '../linalg/index.ts';
import type { Metrics } from './report.ts';
import type { Scored } from './scored.ts';

/** Smallest probability that log-loss counts, so that one confident mistake stays a number JSON can hold. */
const leastProbability = 1e-300;

/** What a model said of some examples: all that the metrics need. */
export interface Judgements {
  /** [n], class indices; the first of equally probable ones. */
  predicted: Int32Array;
  /** [n], the probability given to the true class. */
  trueProbability: Float64Array;
}

/** @param probabilities [n, classes]. */
export function judgeProbabilities(
  probabilities: Float64Array,
  { classes, truth }: Pick<Scored, 'classes' | 'truth'>,
): Judgements {
  const predicted = truth.map((_, i) => {
    let best = 0;
    for (let j = 1; j < classes; j++)
      if (probabilities[i * classes + j]! > probabilities[i * classes + best]!) best = j;
    return best;
  });
  return { predicted, trueProbability: Float64Array.from(truth, (t, i) => probabilities[i * classes + t]!) };
}

/** −ln(probability of the true label) of each example, in nats. */
export const lossesOf = ({ trueProbability }: Judgements): Float64Array =>
  trueProbability.map((p) => -log(Math.max(p, leastProbability)));

/**
 * Judges predictions.
 *
 * @param truth [n], class indices.
 */
export function computeMetrics(
  judgements: Judgements,
  truth: ArrayLike<number>,
  labelNames: string[],
): Metrics {
  const { predicted } = judgements;
  const n = truth.length;
  const confusion = labelNames.map(() => new Array<number>(labelNames.length).fill(0));
  for (let i = 0; i < n; i++) confusion[truth[i]!]![predicted[i]!]!++;
  const loss = lossesOf(judgements).reduce((sum, each) => sum + each, 0);
  let right = 0;
  const perClass = labelNames.map((label, j) => {
    const hits = confusion[j]![j]!;
    const support = confusion[j]!.reduce((a, b) => a + b, 0);
    const predicted = confusion.reduce((sum, row) => sum + row[j]!, 0);
    right += hits;
    return {
      label,
      precision: ratio(hits, predicted),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + predicted),
      support,
    };
  });
  const judged = perClass.filter(({ support }) => support > 0);
  const recalls = judged.reduce((sum, { recall }) => sum + recall, 0);
  return {
    n,
    accuracy: ratio(right, n),
    balancedAccuracy: ratio(recalls, judged.length),
    logLoss: ratio(loss, n),
    perClass,
    confusion,
  };
}

const ratio = (part: number, whole: number) => (whole ? part / whole : 0);
