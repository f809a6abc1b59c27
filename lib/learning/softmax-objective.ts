// Multinomial logistic regression as an objective for L-BFGS: ½‖V‖² + C·Σ s·(−ln p(true label)), the intercept not
// penalised, on columns standardised over the rows that are fitted; s is a row's weight, usually 1.
//
// X stays in its workspace as it is; standardising it again for each fold happens in the parameters instead:
// scores = X·(V/σ)ᵀ + (b − Σ V·μ/σ), and the chain rule turns RᵀX into the gradient of V. With two classes there
// is one function, the log-odds of the second class, as in scikit-learn's LogisticRegression.

import { exp, log, type Steps, type Workspace } from '../linalg/index.ts';
import { addRows } from './add-rows.ts';
import { placeWeights } from './score-rows.ts';
import type { RowRange, Standardisation } from './standardise.ts';

const { fround } = Math;

/** Everything about a softmax but its strength. */
export interface SoftmaxRows {
  workspace: Workspace;
  /** Rows that are fitted. */
  ranges: RowRange[];
  /** Class of each row of the workspace. */
  truth: Int32Array;
  scaling: Standardisation;
  /** s, one for each row of the workspace; 1 if left out. */
  rowWeights?: Float64Array;
}

export interface SoftmaxProblem extends SoftmaxRows {
  /** C. */
  strength: number;
}

export interface SoftmaxObjective {
  /**
   * Writes the gradient and returns the value; yields in between.
   * Parameters are V [outputs, cols], then b ÷ interceptScale [outputs].
   */
  evaluate(params: Float64Array, gradient: Float64Array): Steps<number>;
  /**
   * h at the last parameters: the second derivative by V is about I + C·h·(mean of z·zᵀ over the rows) in every
   * output. It is the sum over the rows of s·p·(1 − p), averaged over the directions in which p can move.
   */
  readonly curvature: number;
}

export function softmaxObjective(problem: SoftmaxProblem, interceptScale = 1): SoftmaxObjective {
  const { workspace, ranges, truth, scaling, strength, rowWeights } = problem;
  const { outputs, cols, stride, gradient: product } = workspace;
  const totals: Totals = { residuals: new Float64Array(outputs), curvature: 0 };
  const fitRow = outputs === 1 ? logisticRow : softmaxRow;

  return {
    *evaluate(params, gradient) {
      const shift = placeWeights(workspace, scaling, params);
      for (let j = 0; j < outputs; j++)
        shift[j] = shift[j]! + params[outputs * cols + j]! * (interceptScale - 1);
      product.fill(0);
      totals.residuals.fill(0);
      totals.curvature = 0;
      const loss = yield* addRows(workspace, ranges, (i) =>
        fitRow(workspace, i, shift, truth[i]!, rowWeights ? rowWeights[i]! : 1, totals),
      );
      let penalty = 0;
      for (let j = 0; j < outputs; j++) {
        const sum = totals.residuals[j]!;
        for (let k = 0; k < cols; k++) {
          const v = params[j * cols + k]!;
          const slope = (product[j * stride + k]! - sum * scaling.mean[k]!) * scaling.inverseScale[k]!;
          gradient[j * cols + k] = v + strength * slope;
          penalty += v * v;
        }
        gradient[outputs * cols + j] = strength * sum * interceptScale;
      }
      return 0.5 * penalty + strength * loss;
    },
    get curvature() {
      return totals.curvature / Math.max(1, outputs - 1);
    },
  };
}

/** Sums over the rows of one evaluation. */
interface Totals {
  /** [outputs] */
  residuals: Float64Array;
  curvature: number;
}

type FitRow = (
  workspace: Workspace,
  row: number,
  shift: Float64Array,
  truth: number,
  weight: number,
  totals: Totals,
) => number;

/** Loss of one row; its residuals s·(p − y) are rounded before they are summed, as the product will see them. */
const logisticRow: FitRow = (workspace, row, shift, truth, weight, totals) => {
  const z = workspace.scores[row]! + shift[0]!;
  // The log-odds of the wrong class; e = exp(−|m|) keeps both ends exact.
  const m = truth === 1 ? -z : z;
  const e = exp(-Math.abs(m));
  const wrong = m > 0 ? 1 / (1 + e) : e / (1 + e);
  const r = fround(weight * (truth === 1 ? -wrong : wrong));
  workspace.residuals[row] = r;
  totals.residuals[0] = totals.residuals[0]! + r;
  totals.curvature += weight * wrong * (1 - wrong);
  return weight * (Math.max(m, 0) + log(1 + e));
};

const softmaxRow: FitRow = (workspace, row, shift, truth, weight, totals) => {
  const { scores, residuals, outputs } = workspace;
  const sums = totals.residuals;
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
  let spread = 0;
  for (let j = 0; j < outputs; j++) {
    if (j === truth) continue;
    const p = scores[at + j]! / total;
    others += p;
    spread += p * (1 - p);
    const r = (residuals[at + j] = fround(weight * p));
    sums[j] = sums[j]! + r;
  }
  const r = (residuals[at + truth] = fround(-weight * others));
  sums[truth] = sums[truth]! + r;
  totals.curvature += weight * (spread + others * (1 - others));
  return weight * (log(total) + (top - own));
};
