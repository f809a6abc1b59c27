// The leading eigenpairs of XᵀX by block power iteration (Halko, Martinsson and Tropp, SIAM Review 53, 2011,
// algorithm 4.4), without XᵀX itself: X meets the block twice. What dominates comes out nearly exactly, the block's
// last ones as mixtures of their neighbours, which is good enough for a preconditioner.

import type { Workspace } from './linalg.ts';
import { orthonormalise } from './orthonormalise.ts';
import { createRng } from './rng.ts';
import type { Steps } from './steps.ts';
import { type Eigen, symmetricEigen } from './symmetric-eigen.ts';

/** One leaves a third more iterations to the solver that this serves; three change little. */
const powers = 2;
/** Rows that go through both products between two yields. */
const rowsPerStep = 512;

/**
 * As many eigenpairs as the workspace has outputs; its weights, scores, residuals and gradient are overwritten.
 *
 * @returns values of XᵀX, largest first, and vectors [outputs, cols], orthonormal; values beyond the rank are about 0.
 */
export function* principalDirections(workspace: Workspace): Steps<Eigen> {
  const { rows, cols, outputs: count, stride, weights, scores, residuals, gradient } = workspace;
  const rng = createRng(1);
  const block = Float64Array.from({ length: count * cols }, () => rng.uniform() - 0.5);
  for (let power = 0; power < powers; power++) {
    place(block, workspace);
    gradient.fill(0);
    for (let from = 0; from < rows; from += rowsPerStep) {
      const to = Math.min(from + rowsPerStep, rows);
      workspace.computeScores(from, to);
      for (let at = from * count; at < to * count; at++) residuals[at] = scores[at]!;
      workspace.addGradient(from, to);
      yield;
    }
    for (let j = 0; j < count; j++) block.set(gradient.subarray(j * stride, j * stride + cols), j * cols);
    orthonormalise(block, count, cols);
    yield;
  }
  place(block, workspace);
  workspace.computeScores(0, rows);
  yield;
  const inner = symmetricEigen(squareOf(scores, rows, count), count);
  const vectors = new Float64Array(count * cols);
  for (let j = 0; j < count; j++)
    for (let i = 0; i < count; i++) {
      const factor = inner.vectors[j * count + i]!;
      for (let k = 0; k < cols; k++)
        vectors[j * cols + k] = vectors[j * cols + k]! + factor * block[i * cols + k]!;
    }
  weights.fill(0);
  return { values: inner.values, vectors };
}

function place(block: Float64Array, { weights, outputs, cols, stride }: Workspace): void {
  for (let j = 0; j < outputs; j++) weights.set(block.subarray(j * cols, j * cols + cols), j * stride);
}

/** BᵀB [count, count] of B [rows, count]. */
function squareOf(b: Float64Array, rows: number, count: number): Float64Array {
  const square = new Float64Array(count * count);
  for (let r = 0; r < rows * count; r += count)
    for (let i = 0; i < count; i++) {
      const factor = b[r + i]!;
      for (let j = 0; j <= i; j++) square[i * count + j] = square[i * count + j]! + factor * b[r + j]!;
    }
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) square[j * count + i] = square[i * count + j]!;
  return square;
}
