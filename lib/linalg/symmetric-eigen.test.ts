import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, symmetricEigen } from './index.ts';

function randomSymmetric(n: number, seed: number): Float64Array {
  const rng = createRng(seed);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = rng.uniform() * 2 - 1;
  return matrix;
}

describe('symmetricEigen', () => {
  it('gives orthonormal vectors that the matrix only stretches, by values that fall', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(), (n, seed) => {
        const matrix = randomSymmetric(n, seed);
        const { values, vectors } = symmetricEigen(matrix, n);
        for (let j = 0; j < n; j++) {
          const vector = vectors.subarray(j * n, j * n + n);
          if (j) expect(values[j]).toBeLessThanOrEqual(values[j - 1]!);
          for (let i = 0; i < n; i++) {
            const product = vector.reduce((sum, v, k) => sum + matrix[i * n + k]! * v, 0);
            expect(product).toBeCloseTo(values[j]! * vector[i]!, 10);
            const other = vectors.subarray(i * n, i * n + n);
            const inner = vector.reduce((sum, v, k) => sum + v * other[k]!, 0);
            expect(inner).toBeCloseTo(i === j ? 1 : 0, 12);
          }
        }
      }),
    );
  });

  it('leaves the matrix alone, and takes a diagonal one or zeros as they are', () => {
    const matrix = Float64Array.of(1, 0, 0, 3);
    expect(symmetricEigen(matrix, 2).values).toEqual(Float64Array.of(3, 1));
    expect(matrix).toEqual(Float64Array.of(1, 0, 0, 3));
    expect(symmetricEigen(new Float64Array(4), 2).values).toEqual(new Float64Array(2));
  });
});
