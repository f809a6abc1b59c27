// Predictions of examples by models that had not seen them: each fold's by a model of the other folds.

import type { Scored } from './scored.ts';
import type { RowRange } from './standardise.ts';

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
  const joined = new Float64Array(logits.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of logits) {
    joined.set(part, at);
    at += part.length;
  }
  const rows = folds.flatMap(({ from, to }, f) =>
    Array.from({ length: to - from }, (_, i) => [f, from + i] as const),
  );
  return {
    logits: joined,
    classes,
    truth: Int32Array.from(rows, ([, row]) => truth[row]!),
    fold: Int32Array.from(rows, ([f]) => f),
  };
}
