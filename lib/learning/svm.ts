// Linear SVM: for each label against the rest, ½(‖w‖² + b²) + C·Σ s·max(0, 1 − y·f(x))², f(x) = w·x + b, on columns
// standardised over the rows that are fitted. This is scikit-learn's LinearSVC with its default squared hinge loss,
// and its C: as there, the intercept is the weight of a constant column of 1 and is penalised with the others. An
// unpenalised one would only move the scores of a label as a whole, which Platt's sigmoid does afterwards in any case,
// and it would put an equality into the dual that coordinate descent cannot keep. Two labels have one function.
//
// Two solvers of the same problem, chosen by its shape. Few rows (and fewer than columns): dual coordinate descent on
// the rows' inner products, where a sweep is n² instead of n·d, and the products serve all labels and strengths. More
// rows: sweeps grow in cost and number, no SIMD helps them, and L-BFGS on the primal takes over, through the same
// kernels and preconditioner as softmax; a warm start needs a few iterations of it. A path of seven strengths, dual and
// primal: 244 × 2 labels 0.21 and 0.34 s, 500 × 2 0.47 and 0.52 s, 1,000 × 10 31 and 5 s, codes of 1,344 numbers.
// Either ends with ‖gradient‖ ≤ tolerance·‖w‖, which bounds ‖w − w*‖, as the objective curves at least like ½‖w‖².

import type { Workspace } from '../linalg/index.ts';
import type { Fit, Tolerance } from './fit.ts';
import { countRows, type RowRange, type Standardisation } from './standardise.ts';
import { dualSvm } from './svm-dual.ts';
import { primalSvm } from './svm-primal.ts';

export interface SvmProblem {
  workspace: Workspace;
  /** Rows that are fitted. */
  ranges: RowRange[];
  /** Class of each row of the workspace. */
  truth: Int32Array;
  scaling: Standardisation;
  /** s, one for each row of the workspace; 1 if left out. */
  rowWeights?: Float64Array;
}

/** Rows up to which the dual is the faster. Their inner products take 8·n² bytes, 1.3 MB. */
export const maxDualRows = 400;

export interface PreparedSvm {
  solver: string;
  fit(strength: number, tolerance: Tolerance, start?: Float64Array): Generator<number, Fit>;
}

/** Fits of one set of rows at several strengths. Parameters are V [outputs, cols], then b [outputs]. */
export function prepareSvm(problem: SvmProblem): PreparedSvm {
  const n = countRows(problem.ranges);
  return n < problem.workspace.cols && n <= maxDualRows ? dualSvm(problem) : primalSvm(problem);
}

/** Whether class `truth` is the positive side of output j: the class itself, or the second one of two. */
export const isPositive = (outputs: number, j: number, truth: number) =>
  outputs === 1 ? truth === 1 : truth === j;
