// Fewer examples than dimensions: the exact solve in the row space. With the standardised rows Z = L·Qᵀ, L [n, r] a
// pivoted Cholesky factor of Z·Zᵀ and Q orthonormal, the minimiser lies in the span of the rows (its gradient is 0, so
// V = −C·RᵀZ), where V = β·Qᵀ has the scores β·Lᵀ and ‖V‖ = ‖β‖. So the same objective on the r ≤ n columns of L has
// the same minimiser and the same curvature, and every evaluation is cheaper by r/d. Rows are never lost, only
// rounded: whoever maps a solution back looks once more at its gradient in full.

import {
  candidateBlock,
  pivotedCholesky,
  type RowFactor,
  type Steps,
  type Workspace,
} from '../linalg/index.ts';
import { placeWeights } from './score-rows.ts';
import type { SoftmaxRows } from './softmax-objective.ts';
import { countRows, type RowRange, type Standardisation } from './standardise.ts';

/** The reduction copies the rows for a moment: room that a Worker has beside the codes. */
const maxCopyBytes = 16 * 1024 * 1024;
/** What a product of the reduction costs against one of an evaluation, with all that goes along. */
const reductionOverhead = 1.5;

export interface RowSpace {
  /** The problem on L: all of its rows, columns as they are. */
  rows: SoftmaxRows;
  /** V [outputs, d] → β [outputs, r], and back; intercepts stay as they are. */
  toRowSpace(params: Float64Array): Float64Array;
  fromRowSpace(params: Float64Array): Float64Array;
}

/**
 * Whether reducing pays within so many evaluations of the objective: n·d·(n + n/2·n/d) multiply-adds once, against
 * 2·n·(d − n)·outputs each time.
 */
export function rowSpacePays({ workspace, ranges }: SoftmaxRows, evaluations: number): boolean {
  const n = countRows(ranges);
  const { cols, outputs } = workspace;
  if (4 * n * cols > maxCopyBytes) return false;
  return reductionOverhead * n * (cols + n / 2) <= 2 * (cols - n) * outputs * evaluations;
}

/** Yields between blocks. Undefined where the rows span nothing. */
export function* reduceToRowSpace(full: SoftmaxRows): Steps<RowSpace | undefined> {
  const { workspace, ranges, truth, rowWeights } = full;
  const { linalg, outputs } = workspace;
  const n = countRows(ranges);
  const z = linalg.workspace(n, workspace.cols, candidateBlock);
  copyRows(full, z);
  yield;
  const factor = yield* pivotedCholesky(z);
  const { rank } = factor;
  if (!rank) return undefined;
  const reduced = linalg.workspace(n, rank, outputs);
  for (let i = 0; i < n; i++)
    reduced.x.set(factor.factor.subarray(i * factor.stride, i * factor.stride + rank), i * reduced.stride);
  const order = rowsOf(ranges);
  const triangle = triangleOf(factor);
  const pivotRows = factor.pivots.map((pivot) => order[pivot]!);
  return {
    rows: {
      workspace: reduced,
      ranges: [{ from: 0, to: n }],
      truth: order.map((row) => truth[row]!),
      scaling: { mean: new Float64Array(rank), inverseScale: new Float64Array(rank).fill(1) },
      ...(rowWeights && { rowWeights: Float64Array.from(order, (row) => rowWeights[row]!) }),
    },
    toRowSpace: (params) => project(full, params, pivotRows, triangle),
    fromRowSpace: (params) => expand(full, params, pivotRows, triangle),
  };
}

function rowsOf(ranges: RowRange[]): Int32Array {
  return Int32Array.from(
    ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)),
  );
}

function copyRows({ workspace, ranges, scaling }: SoftmaxRows, z: Workspace): void {
  const { x, stride, cols } = workspace;
  const { mean, inverseScale }: Standardisation = scaling;
  for (const [at, row] of rowsOf(ranges).entries())
    for (let k = 0; k < cols; k++)
      z.x[at * z.stride + k] = (x[row * stride + k]! - mean[k]!) * inverseScale[k]!;
}

/** T [r, r], lower triangular: L at the rows of its pivots, so that those rows of Z are T·Qᵀ. */
function triangleOf({ factor, stride, rank, pivots }: RowFactor): Float64Array {
  const triangle = new Float64Array(rank * rank);
  for (const [a, pivot] of pivots.entries())
    for (let b = 0; b <= a; b++) triangle[a * rank + b] = factor[pivot * stride + b]!;
  return triangle;
}

/** β = V·Q, from T·βᵀ = (Z·Vᵀ at the pivots) by forward substitution. What of V lies outside the rows is dropped. */
function project(
  { workspace, scaling }: SoftmaxRows,
  params: Float64Array,
  pivotRows: Int32Array,
  triangle: Float64Array,
): Float64Array {
  const { outputs, cols, scores } = workspace;
  const rank = pivotRows.length;
  const shift = placeWeights(workspace, scaling, params);
  const beta = new Float64Array(outputs * (rank + 1));
  for (const [a, row] of pivotRows.entries()) {
    workspace.computeScores(row, row + 1);
    for (let j = 0; j < outputs; j++) {
      const intercept = params[outputs * cols + j]!;
      let left = scores[row * outputs + j]! + shift[j]! - intercept;
      for (let b = 0; b < a; b++) left -= triangle[a * rank + b]! * beta[j * rank + b]!;
      beta[j * rank + a] = left / triangle[a * rank + a]!;
    }
  }
  beta.set(params.subarray(outputs * cols), outputs * rank);
  return beta;
}

/** V = β·Qᵀ = α·Z at the pivots, where α·T = β by back substitution. */
function expand(
  { workspace, ranges, scaling }: SoftmaxRows,
  params: Float64Array,
  pivotRows: Int32Array,
  triangle: Float64Array,
): Float64Array {
  const { outputs, cols, stride, residuals, gradient } = workspace;
  const rank = pivotRows.length;
  for (const { from, to } of ranges) residuals.fill(0, from * outputs, to * outputs);
  const sums = new Float64Array(outputs);
  for (let j = 0; j < outputs; j++) {
    const left = params.slice(j * rank, (j + 1) * rank);
    for (let a = rank - 1; a >= 0; a--) {
      const alpha = left[a]! / triangle[a * rank + a]!;
      for (let b = 0; b < a; b++) left[b] = left[b]! - alpha * triangle[a * rank + b]!;
      const at = pivotRows[a]! * outputs + j;
      residuals[at] = alpha;
      sums[j] = sums[j]! + residuals[at]!;
    }
  }
  gradient.fill(0);
  for (const { from, to } of ranges) workspace.addGradient(from, to);
  const full = new Float64Array(outputs * (cols + 1));
  for (let j = 0; j < outputs; j++)
    for (let k = 0; k < cols; k++)
      full[j * cols + k] =
        (gradient[j * stride + k]! - sums[j]! * scaling.mean[k]!) * scaling.inverseScale[k]!;
  full.set(params.subarray(outputs * rank), outputs * cols);
  return full;
}
