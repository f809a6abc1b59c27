// The leading eigenpairs of a large positive semi-definite matrix, by block power iteration and one Rayleigh–Ritz
// step (Golub and Van Loan, Matrix Computations, 8.2.4): the matrix meets a block of vectors a fixed number of
// times. What dominates comes out exactly; values that lie close together at the block's edge may come out as
// mixtures of their neighbours, which is as good for whoever wants a subspace. Products run in float32 kernels.

import type { Linalg, Workspace } from './linalg.ts';
import { dot, orthonormalise } from './orthonormalise.ts';
import { createRng } from './rng.ts';
import { type Eigen, symmetricEigen } from './symmetric-eigen.ts';

/** Six or twelve moved no figure that this serves. */
const iterations = 4;
/** Eigenvalues below this share of the largest are float32's rounding. */
const negligible = 1e-6;

/**
 * Yields progress, 0 to less than 1, between the products.
 *
 * @param matrix (i, j) → entry of [n, n]; read once. @param count pairs wanted, at most n.
 * @returns values largest first, and vectors [values.length, n]; fewer than `count` where the rank is smaller.
 */
export function* leadingEigen(
  matrix: (i: number, j: number) => number,
  n: number,
  count: number,
  linalg: Linalg,
): Generator<number, Eigen> {
  const workspace = linalg.workspace(n, n, count);
  copyInto(workspace, matrix);
  yield 0;
  const rng = createRng(1);
  let block = Float64Array.from({ length: count * n }, () => rng.uniform() - 0.5);
  for (let iteration = 0; iteration < iterations; iteration++) {
    orthonormalise(block, count, n);
    yield iteration / (iterations + 1);
    block = multiply(workspace, block);
    yield iteration / (iterations + 1);
  }
  orthonormalise(block, count, n);
  yield iterations / (iterations + 1);
  return ritz(block, multiply(workspace, block), count, n);
}

function copyInto({ x, rows: n, stride }: Workspace, matrix: (i: number, j: number) => number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) x[i * stride + j] = matrix(i, j);
}

/** matrix · vector for each row of [count, n]. */
function multiply(workspace: Workspace, block: Float64Array): Float64Array<ArrayBuffer> {
  const { rows: n, outputs: count, stride, weights, scores } = workspace;
  for (let j = 0; j < count; j++) weights.set(block.subarray(j * n, j * n + n), j * stride);
  workspace.computeScores(0, n);
  const product = new Float64Array(count * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < count; j++) product[j * n + i] = scores[i * count + j]!;
  return product;
}

/** Eigenpairs of the matrix within the span of an orthonormal block, whose products are given. */
function ritz(block: Float64Array, product: Float64Array, count: number, n: number): Eigen {
  const small = new Float64Array(count * count);
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      const a = dot(block.subarray(i * n, i * n + n), product.subarray(j * n, j * n + n));
      const b = dot(block.subarray(j * n, j * n + n), product.subarray(i * n, i * n + n));
      small[i * count + j] = small[j * count + i] = (a + b) / 2;
    }
  const inner = symmetricEigen(small, count);
  const kept = inner.values.filter((value) => value > negligible * inner.values[0]!).length;
  const vectors = new Float64Array(kept * n);
  for (let j = 0; j < kept; j++)
    for (let i = 0; i < count; i++) {
      const factor = inner.vectors[j * count + i]!;
      for (let k = 0; k < n; k++) vectors[j * n + k] = vectors[j * n + k]! + factor * block[i * n + k]!;
    }
  return { values: inner.values.slice(0, kept), vectors };
}
