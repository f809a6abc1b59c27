// The rows that an open set is fitted on: codes, compressed and centred, in a workspace of the kernels; their
// products with each other; and the way back from those to directions in code space.

import { compress } from '../heads/index.ts';
import type { Linalg, Workspace } from '../linalg/index.ts';
import { fromFloat16, toFloat16 } from '../tensors/index.ts';
import type { Gram, RowGaussian } from './row-gaussian.ts';

/** compress() is nearly linear up to a fifth of the mean activation and logarithmic far beyond it. */
const compression = 5;
/** Rows handled between two yields. */
const rowsPerStep = 16;

/** In units of the mean activation, so that no backbone's scale matters; null for codes of zeros. */
export function compressionScale(codes: Float32Array, dims: number, rows: number[]): number | null {
  let sum = 0;
  for (const i of rows) for (let k = i * dims; k < (i + 1) * dims; k++) sum += Math.abs(codes[k]!);
  return sum > 0 ? (compression * rows.length * dims) / sum : null;
}

/**
 * Compressed codes minus their mean as x, and once more as weights, so that scores will be the products of all pairs.
 *
 * @param codes [n, dims]. @param rows which of them. @returns `center` [dims], the mean.
 */
export function* loadRows(codes: Float32Array, dims: number, rows: number[], scale: number, linalg: Linalg) {
  const n = rows.length;
  const workspace = linalg.workspace(n, dims, n);
  const { x, weights, stride } = workspace;
  const sums = new Float64Array(dims);
  for (const [at, i] of rows.entries()) {
    compressRow(codes.subarray(i * dims, (i + 1) * dims), scale, x.subarray(at * stride), sums);
    if (at % rowsPerStep === 0) yield at / n;
  }
  const center = Float32Array.from(sums, (sum) => sum / n);
  for (let at = 0; at < n; at++) subtract(x.subarray(at * stride, at * stride + dims), center);
  weights.set(x);
  return { workspace, center };
}

/** Products of all pairs of rows that {@link loadRows} has loaded. */
export function* computeGram(workspace: Workspace): Generator<number, Gram> {
  const { rows: n, cols: dims, scores } = workspace;
  for (let from = 0; from < n; from += rowsPerStep) {
    workspace.computeScores(from, Math.min(n, from + rowsPerStep));
    yield from / n;
  }
  return { products: scores, n, dims };
}

/** Orthonormal directions in code space, [m, dims], rounded to what float16 holds. */
export function* directionsOf(
  { vectors }: RowGaussian,
  workspace: Workspace,
): Generator<number, Float32Array> {
  const { rows: n, cols: dims } = workspace;
  const m = vectors.length / n;
  const basis = new Float32Array(m * dims);
  for (let j = 0; j < m; j++) {
    basis.set(directionOf(vectors.subarray(j * n, j * n + n), workspace), j * dims);
    yield j / m;
  }
  return basis;
}

function directionOf(factors: Float64Array, { cols: dims, x, stride }: Workspace): Float32Array {
  const sum = new Float64Array(dims);
  for (const [i, factor] of factors.entries())
    for (let k = 0; k < dims; k++) sum[k] = sum[k]! + factor * x[i * stride + k]!;
  const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
  return fromFloat16(toFloat16(sum.map((value) => value / length)));
}

function compressRow(code: Float32Array, scale: number, to: Float32Array, sums: Float64Array): void {
  for (let k = 0; k < code.length; k++) {
    const value = compress(code[k]!, scale);
    to[k] = value;
    sums[k] = sums[k]! + value;
  }
}

function subtract(row: Float32Array, center: Float32Array): void {
  for (let k = 0; k < row.length; k++) row[k] = row[k]! - center[k]!;
}
