// What a training tells about its open set: plain data, the same for the same input.

import type { OpenSetData } from './open-set.ts';
import type { OpenSetFolds } from './open-set-folds.ts';
import type { Sample } from './open-set-sample.ts';

export interface OpenSetReport {
  /** Why the head has no open set; null if it has one. */
  reason: string | null;
  /** Examples that it was fitted on; more than a few hundred are sampled. */
  examples: number;
  directions: number;
  folds: number;
  /** Examples that a fold judged, and the share of them that is refused at the threshold. */
  judged: number;
  refused: number;
  /** A label that is refused far more often than others wants more images. */
  perClass: { label: string; judged: number; refused: number }[];
}

export interface Judged {
  data: OpenSetData;
  sample: Sample;
  folds: OpenSetFolds;
  /** Out of fold, for each row of the sample. */
  scores: Float64Array;
  threshold: number;
  directions: number;
}

export function reportOf(reason: string | null, fit?: Judged): OpenSetReport {
  if (!fit) return { reason, examples: 0, directions: 0, folds: 0, judged: 0, refused: 0, perClass: [] };
  const { data, sample, folds, scores, threshold, directions } = fit;
  const perClass = data.labelNames.map((label) => ({ label, judged: 0, refused: 0 }));
  for (const at of folds.judged) {
    const entry = perClass[data.labels[sample.rows[at]!]!]!;
    entry.judged++;
    if (scores[at]! > threshold) entry.refused++;
  }
  const judged = folds.judged.length;
  const refused = perClass.reduce((sum, entry) => sum + entry.refused, 0);
  return {
    reason,
    examples: sample.rows.length,
    directions,
    folds: folds.count,
    judged,
    refused: refused / judged,
    perClass: perClass.map((entry) => ({ ...entry, refused: entry.refused / Math.max(1, entry.judged) })),
  };
}
