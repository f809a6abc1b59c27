// Multinomial logistic regression as an objective for L-BFGS: ½‖V‖² + C·Σ −ln p(true label), the intercept not
// penalised, on columns standardised over the rows that are fitted.
//
// X stays in its workspace as it is; standardising it again for each fold happens in the parameters instead:
// scores = X·(V/σ)ᵀ + (b − Σ V·μ/σ), and the chain rule turns RᵀX into the gradient of V. With two classes there
// is one function, the log-odds of the second class, as in scikit-learn's LogisticRegression.

import { exp, log, type Objective, type Workspace } from '../linalg/index.ts';
import type { Judgements } from './metrics.ts';
import { countRows, type RowRange, type Standardisation } from './standardise.ts';

const { fround } = Math;

/** Linear functions that a model of `classes` classes has. */
export const outputsFor = (classes: number) => (classes === 2 ? 1 : classes);

export interface SoftmaxProblem {
  workspace: Workspace;
  /** Rows that are fitted. */
  ranges: RowRange[];
  /** Class of each row of the workspace. */
  truth: Int32Array;
  scaling: Standardisation;
  /** C. */
  strength: number;
}

/**
 * The objective, as a function that writes its gradient and returns its value.
 * Parameters are V [outputs, cols], then b ÷ interceptScale [outputs].
 */
export function softmaxObjective(problem: SoftmaxProblem, interceptScale = 1): Objective {
  const { workspace, ranges, truth, scaling, strength } = problem;
  const { outputs, cols, stride, gradient: product } = workspace;
  const residualSums = new Float64Array(outputs);
  const fitRow = outputs === 1 ? logisticRow : softmaxRow;
  return (params, gradient) => {
    const shift = placeWeights(workspace, scaling, params, interceptScale);
    product.fill(0);
    residualSums.fill(0);
    let loss = 0;
    for (const { from, to } of ranges) {
      workspace.computeScores(from, to);
      for (let i = from; i < to; i++) loss += fitRow(workspace, i, shift, truth[i]!, residualSums);
      workspace.addGradient(from, to);
    }
    let penalty = 0;
    for (let j = 0; j < outputs; j++) {
      const sum = residualSums[j]!;
      for (let k = 0; k < cols; k++) {
        const v = params[j * cols + k]!;
        const slope = (product[j * stride + k]! - sum * scaling.mean[k]!) * scaling.inverseScale[k]!;
        gradient[j * cols + k] = v + strength * slope;
        penalty += v * v;
      }
      gradient[outputs * cols + j] = strength * sum * interceptScale;
    }
    return 0.5 * penalty + strength * loss;
  };
}

/**
 * Writes V/σ into the workspace's weights and returns the constant of each output. It is computed from the
 * weights as rounded, so that rounding never moves the scores as a whole.
 */
function placeWeights(
  workspace: Workspace,
  { mean, inverseScale }: Standardisation,
  params: Float64Array,
  interceptScale = 1,
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
    shift[j] = params[outputs * cols + j]! * interceptScale - moved;
  }
  return shift;
}

/** Judges the rows of the ranges, in order, by the model in `params`. */
export function judgeRows(
  { workspace, truth, scaling }: Pick<SoftmaxProblem, 'workspace' | 'truth' | 'scaling'>,
  params: Float64Array,
  ranges: RowRange[],
): Judgements {
  const { outputs, scores } = workspace;
  const shift = placeWeights(workspace, scaling, params);
  const n = countRows(ranges);
  const predicted = new Int32Array(n);
  const trueProbability = new Float64Array(n);
  const logits = new Float64Array(Math.max(outputs, 2));
  let at = 0;
  for (const { from, to } of ranges) {
    workspace.computeScores(from, to);
    for (let i = from; i < to; i++, at++) {
      // With one function, [0, z] are the logits of the two classes.
      for (let j = 0; j < outputs; j++) logits[outputs === 1 ? 1 : j] = scores[i * outputs + j]! + shift[j]!;
      let best = 0;
      for (let j = 1; j < logits.length; j++) if (logits[j]! > logits[best]!) best = j;
      let total = 0;
      for (const z of logits) total += exp(z - logits[best]!);
      predicted[at] = best;
      trueProbability[at] = exp(logits[truth[i]!]! - logits[best]!) / total;
    }
  }
  return { predicted, trueProbability };
}

type FitRow = (
  workspace: Workspace,
  row: number,
  shift: Float64Array,
  truth: number,
  residualSums: Float64Array,
) => number;

/** Loss of one row; its residuals p − y are rounded before they are summed, as the product will see them. */
const logisticRow: FitRow = (workspace, row, shift, truth, residualSums) => {
  const z = workspace.scores[row]! + shift[0]!;
  // The log-odds of the wrong class; e = exp(−|m|) keeps both ends exact.
  const m = truth === 1 ? -z : z;
  const e = exp(-Math.abs(m));
  const wrong = m > 0 ? 1 / (1 + e) : e / (1 + e);
  const r = fround(truth === 1 ? -wrong : wrong);
  workspace.residuals[row] = r;
  residualSums[0] = residualSums[0]! + r;
  return Math.max(m, 0) + log(1 + e);
};

const softmaxRow: FitRow = (workspace, row, shift, truth, residualSums) => {
  const { scores, residuals, outputs } = workspace;
  const at = row * outputs;
  let top = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < outputs; j++) {
    const z = (scores[at + j] = scores[at + j]! + shift[j]!);
    if (z > top) top = z;
  }
  const own = scores[at + truth]!;
  let total = 0;
  for (let j = 0; j < outputs; j++) {
    const e = (scores[at + j] = exp(scores[at + j]! - top));
    total += e;
  }
  // 1 − p of the true class would lose its digits near 0: it is minus the sum of the others.
  let others = 0;
  for (let j = 0; j < outputs; j++) {
    if (j === truth) continue;
    const p = scores[at + j]! / total;
    others += p;
    const r = (residuals[at + j] = fround(p));
    residualSums[j] = residualSums[j]! + r;
  }
  const r = (residuals[at + truth] = fround(-others));
  residualSums[truth] = residualSums[truth]! + r;
  return log(total) + (top - own);
};
