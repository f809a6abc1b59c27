// Logits of rows of the workspace by a fitted model, as the published head would give them for those codes.

import type { HeadKind } from '../heads/index.ts';
import type { Workspace } from '../linalg/index.ts';
import { countRows, type RowRange, type Standardisation } from './standardise.ts';

const { fround } = Math;

/** Linear functions that a model of `classes` classes has: two classes are the two sides of one. */
export const outputsFor = (classes: number) => (classes === 2 ? 1 : classes);

/**
 * What the one function of two classes counts for in either's logit. A softmax splits the log-odds z evenly, −z/2
 * and z/2, so that their difference is z; an SVM shows its decision value f as −f and f, as one-vs-rest would.
 */
export const shareOfOutput: Record<HeadKind, number> = { softmax: 0.5, svm: 1 };

/**
 * Logits [rows, classes] of the rows of `ranges`, in order.
 *
 * @param params V [outputs, cols], then b [outputs], in the units of `scaling`.
 */
export function scoreRows(
  workspace: Workspace,
  scaling: Standardisation,
  params: Float64Array,
  ranges: RowRange[],
  kind: HeadKind,
): Float64Array {
  const { outputs, scores } = workspace;
  const shift = placeWeights(workspace, scaling, params);
  const classes = Math.max(2, outputs);
  const logits = new Float64Array(countRows(ranges) * classes);
  const share = shareOfOutput[kind];
  let at = 0;
  for (const { from, to } of ranges) {
    workspace.computeScores(from, to);
    for (let i = from; i < to; i++)
      if (outputs === 1) {
        const z = share * (scores[i]! + shift[0]!);
        logits[at++] = -z;
        logits[at++] = z;
      } else for (let j = 0; j < outputs; j++) logits[at++] = scores[i * outputs + j]! + shift[j]!;
  }
  return logits;
}

/**
 * Writes V/σ into the workspace's weights and returns the constant of each output. It is computed from the
 * weights as rounded, so that rounding never moves the scores as a whole.
 */
export function placeWeights(
  workspace: Workspace,
  { mean, inverseScale }: Standardisation,
  params: Float64Array,
): Float64Array {
  const { outputs, cols, stride, weights } = workspace;
  const shift = new Float64Array(outputs);
  for (let j = 0; j < outputs; j++) {
    let moved = 0;
    for (let k = 0; k < cols; k++) {
      const w = fround(params[j * cols + k]! * inverseScale[k]!);
      weights[j * stride + k] = w;
      moved += w * mean[k]!;
    }
    shift[j] = params[outputs * cols + j]! - moved;
  }
  return shift;
}
