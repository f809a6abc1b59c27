// Inner products of standardised rows, each with a constant column of 1 beside it: the SVM's kernel matrix.

import type { SvmProblem } from './svm.ts';

/** Multiplications between two yields: some 20 ms. */
const workPerStep = 2 ** 24;

/**
 * K[i, j] = 1 + Σₖ zᵢₖ·zⱼₖ with z = (x − mean)·inverseScale, [n, n], in float64. Yields 0 between slices.
 * Only one row is ever standardised at a time: K[i, j] = 1 + Σ uₖ·xⱼₖ − Σ uₖ·meanₖ, uₖ = zᵢₖ·inverseScaleₖ.
 */
export function* innerProducts(
  { workspace, scaling }: Pick<SvmProblem, 'workspace' | 'scaling'>,
  rows: Int32Array,
): Generator<number, Float64Array> {
  const { x, stride, cols } = workspace;
  const { mean, inverseScale } = scaling;
  const n = rows.length;
  const products = new Float64Array(n * n);
  const u = new Float64Array(stride);
  let work = 0;
  for (let i = 0; i < n; i++) {
    let constant = 1;
    for (let k = 0; k < cols; k++) {
      const scale = inverseScale[k]!;
      u[k] = (x[rows[i]! * stride + k]! - mean[k]!) * scale * scale;
      constant -= u[k]! * mean[k]!;
    }
    for (let j = 0; j <= i; j++)
      products[i * n + j] = products[j * n + i] = constant + dot(u, x, rows[j]! * stride);
    work += (i + 1) * cols;
    if (work < workPerStep) continue;
    work = 0;
    yield 0;
  }
  return products;
}

/** Four sums in a fixed order; the length of `u` is a multiple of 4, its padding zero. */
function dot(u: Float64Array, x: Float32Array, at: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let k = 0; k < u.length; k += 4) {
    a += u[k]! * x[at + k]!;
    b += u[k + 1]! * x[at + k + 1]!;
    c += u[k + 2]! * x[at + k + 2]!;
    d += u[k + 3]! * x[at + k + 3]!;
  }
  return a + b + (c + d);
}
