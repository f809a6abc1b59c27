import { describe, expect, it } from 'vitest';
import { buildKernels } from '../../scripts/build-kernels.ts';
import { createLinalg, createRng, type Eigen, type Linalg, leadingEigen, symmetricEigen } from './index.ts';
import { loadLinalg } from './linalg-node.ts';

await buildKernels();
const simd = await loadLinalg();

/** B·Bᵀ of a random B [n, rank] whose columns are each half as long as the one before. */
function positive(n: number, rank: number): Float64Array {
  const rng = createRng(3);
  const b = Float64Array.from({ length: n * rank }, (_, at) => (rng.uniform() - 0.5) * 2 ** -(at % rank));
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let r = 0; r < rank; r++) product[i * n + j]! += b[i * rank + r]! * b[j * rank + r]!;
  return product;
}

function leading(matrix: Float64Array, n: number, count: number, linalg: Linalg = simd): Eigen {
  const steps = leadingEigen((i, j) => matrix[i * n + j]!, n, count, linalg);
  let last = 0;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    expect(step.value).toBeGreaterThanOrEqual(last);
    expect(step.value).toBeLessThanOrEqual(1);
    last = step.value;
  }
}

describe('leadingEigen', () => {
  const n = 40;

  it('finds the pairs that dominate', () => {
    const matrix = positive(n, 12);
    const { values, vectors } = leading(matrix, n, 6);
    const all = symmetricEigen(matrix, n);
    for (let j = 0; j < 4; j++) {
      expect(values[j]! / all.values[j]!).toBeCloseTo(1, 4);
      let inner = 0;
      for (let k = 0; k < n; k++) inner += vectors[j * n + k]! * all.vectors[j * n + k]!;
      expect(Math.abs(inner)).toBeCloseTo(1, 3);
    }
  });

  it('finds no more pairs than the matrix has', () => {
    const { values, vectors } = leading(positive(n, 3), n, 10);
    expect(values.length).toBe(3);
    expect(vectors.length).toBe(3 * n);
    expect(leading(new Float64Array(n * n), n, 2).values.length).toBe(0);
  });

  it('gives the same bits with the kernels and with their twin', () => {
    const matrix = positive(n, 20);
    expect(leading(matrix, n, 8, createLinalg())).toEqual(leading(matrix, n, 8));
  });
});
