// What is known of a softmax's curvature before its first step: about I + C·h·M, where M is the mean of z·zᵀ over the
// rows. Codes are strongly correlated, so M has a few directions that are thousands of times longer than the rest,
// and these are what L-BFGS spends its iterations on. Here they are found once, from a sample of the rows, and the
// inverse (I + C·h·M)⁻¹ is applied with all other directions taken for equal (a Nyström preconditioner: Frangella,
// Tropp and Udell, SIAM J. Matrix Anal. 44, 2023). It halves the iterations, and C and h enter only when it is
// applied, so one serves all strengths of a fold.

import { type InverseCurvature, principalDirections, type Steps, type Workspace } from '../linalg/index.ts';
import { countRows, type RowRange, type Standardisation } from './standardise.ts';

/** Directions with a curvature of their own. 96 save a tenth of the iterations and cost twice as much. */
const maxDirections = 48;
/** At most one direction for so many rows or columns: where there are few of either, none stand out. */
const rowsPerDirection = 4;
const leastDirections = 4;
/** Rows that they are learnt from. */
const maxSample = 1024;
/** The inverse along a direction is at least this share of that along the others: the float32 products could turn
 *  what is smaller into something negative. */
const leastShare = 1e-5;
/** The intercept's curvature is taken to be at least this, or it would be thrown far off where all p are 0 or 1. */
const leastInterceptCurvature = 1e-3;

export interface Preconditioner {
  /** For the curvature C·h; variables are V [outputs, cols], then b ÷ interceptScale. */
  inverse(curvature: number, interceptScale: number): InverseCurvature;
}

interface Rows {
  workspace: Workspace;
  ranges: RowRange[];
  scaling: Standardisation;
}

const directionsFor = (n: number, cols: number) =>
  Math.min(maxDirections, Math.floor(Math.min(n, cols) / rowsPerDirection));

/**
 * What `findPreconditioner` costs, in evaluations of the objective: sampled rows pass five products with all
 * directions, a row passes two with all outputs. Infinity where there is nothing to find.
 */
export function preconditionerPrice({ workspace, ranges }: Rows): number {
  const n = countRows(ranges);
  const count = directionsFor(n, workspace.cols);
  if (count < leastDirections) return Number.POSITIVE_INFINITY;
  return (2.5 * Math.min(n, maxSample) * count) / (n * workspace.outputs);
}

/** Learns the leading directions of the standardised rows. Yields between products. */
export function* findPreconditioner(rows: Rows): Steps<Preconditioner> {
  const { workspace, ranges } = rows;
  const { linalg, cols, outputs } = workspace;
  const n = countRows(ranges);
  const size = Math.min(n, maxSample);
  const count = directionsFor(n, cols);
  const sample = linalg.workspace(size, cols, count);
  const total = copySample(rows, n, sample);
  yield;
  const { values, vectors } = yield* principalDirections(sample);
  const means = values.map((value) => Math.max(0, value) / size);
  const known = means.reduce((sum, value) => sum + value, 0);
  const others = Math.max(0, total / size - known) / Math.max(1, Math.min(n, cols) - count);
  const directions = linalg.workspace(count, cols, outputs);
  for (let j = 0; j < count; j++)
    directions.x.set(vectors.subarray(j * cols, (j + 1) * cols), j * directions.stride);
  return {
    inverse: (curvature, interceptScale) => (vector) =>
      applyInverse(vector, directions, means, others, curvature, interceptScale),
  };
}

/** Every so-manieth row, standardised, into the sample. Returns the sum of its squares. */
function copySample({ workspace, ranges, scaling }: Rows, n: number, sample: Workspace): number {
  const { x, cols, stride } = workspace;
  const { mean, inverseScale } = scaling;
  let squares = 0;
  let taken = 0;
  let seen = 0;
  for (const { from, to } of ranges)
    for (let i = from; i < to; i++, seen++) {
      if (Math.floor((taken * n) / sample.rows) !== seen) continue;
      for (let k = 0; k < cols; k++) {
        const z = (x[i * stride + k]! - mean[k]!) * inverseScale[k]!;
        sample.x[taken * sample.stride + k] = z;
        squares += z * z;
      }
      taken++;
    }
  return squares;
}

function applyInverse(
  vector: Float64Array,
  directions: Workspace,
  means: Float64Array,
  others: number,
  curvature: number,
  interceptScale: number,
): void {
  const { rows: count, cols, outputs, stride, weights, scores, residuals, gradient } = directions;
  const rest = 1 / (1 + curvature * others);
  for (let j = 0; j < outputs; j++) weights.set(vector.subarray(j * cols, (j + 1) * cols), j * stride);
  directions.computeScores(0, count);
  for (let a = 0; a < count; a++) {
    const factor = Math.max(1 / (1 + curvature * means[a]!), leastShare * rest) - rest;
    for (let at = a * outputs; at < (a + 1) * outputs; at++) residuals[at] = factor * scores[at]!;
  }
  gradient.fill(0);
  directions.addGradient(0, count);
  for (let j = 0; j < outputs; j++)
    for (let k = 0; k < cols; k++)
      vector[j * cols + k] = rest * vector[j * cols + k]! + gradient[j * stride + k]!;
  const intercept = Math.max(leastInterceptCurvature, curvature * interceptScale * interceptScale);
  for (let at = outputs * cols; at < vector.length; at++) vector[at] = vector[at]! / intercept;
}
