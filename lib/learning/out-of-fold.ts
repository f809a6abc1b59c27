// Predictions of examples by models that had not seen them: each fold's by a model of the other folds.

import type { Scored } from './scored.ts';
import { countRows, type RowRange } from './standardise.ts';

/** In the order of the workspace's rows. */
export interface OutOfFold extends Scored {
  /** Fold of each row. */
  fold: Int32Array;
}

/** @param logits of each fold, [rows of the fold, classes]. @param truth [rows of the workspace]. */
export function joinFolds(
  folds: RowRange[],
  logits: Float64Array[],
  classes: number,
  truth: Int32Array,
): OutOfFold {
  const n = countRows(folds);
  const joined = new Float64Array(n * classes);
  const truths = new Int32Array(n);
  const fold = new Int32Array(n);
  let at = 0;
  for (const [f, { from, to }] of folds.entries()) {
    joined.set(logits[f]!, at * classes);
    truths.set(truth.subarray(from, to), at);
    fold.fill(f, at, (at += to - from));
  }
  return { logits: joined, classes, truth: truths, fold };
}
