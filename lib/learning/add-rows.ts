// The pass over all rows that an objective is made of, in blocks through both matrix products.

import type { Steps, Workspace } from '../linalg/index.ts';
import type { RowRange } from './standardise.ts';

/** Rows that go through both products together: their 64 × 2,000 numbers fit the second cache, so X is read from
 *  memory once. A multiple of the block in which the gradient kernel sums, or its sums would change. */
const rowBlock = 64;
/** Multiply-adds between two yields: some 10 ms. */
const workPerStep = 2 ** 26;

/**
 * Scores the rows, has `addRow` turn each row's scores into residuals, and adds residualsᵀ·X to the workspace's
 * gradient.
 *
 * @param addRow writes the residuals of row i and returns its loss
 * @returns the sum of the losses, in the order of the rows
 */
export function* addRows(
  workspace: Workspace,
  ranges: RowRange[],
  addRow: (i: number) => number,
): Steps<number> {
  let loss = 0;
  let work = 0;
  for (const range of ranges)
    for (let from = range.from; from < range.to; from += rowBlock) {
      const to = Math.min(from + rowBlock, range.to);
      workspace.computeScores(from, to);
      for (let i = from; i < to; i++) loss += addRow(i);
      workspace.addGradient(from, to);
      work += 2 * (to - from) * workspace.stride * workspace.outputs;
      if (work < workPerStep) continue;
      work = 0;
      yield;
    }
  return loss;
}
