import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildKernels } from '../../scripts/build-kernels.ts';
import { candidateBlock, createLinalg, createRng, type Linalg, pivotedCholesky } from './index.ts';
import { loadLinalg } from './linalg-node.ts';
import { finish } from './testing.ts';

await buildKernels();
const wasm = await loadLinalg();
const twin = createLinalg();

/** Z of n rows of length d whose rows from `rank` on are sums of two earlier ones, each times 1 or so. */
function factor(linalg: Linalg, n: number, d: number, rank: number, seed: number) {
  const rng = createRng(seed);
  const z = linalg.workspace(n, d, candidateBlock);
  const row = (i: number) => z.x.subarray(i * z.stride, i * z.stride + d);
  for (let i = 0; i < n; i++) {
    const [a, b] = [rng.below(rank), rng.below(rank)];
    for (let k = 0; k < d; k++) row(i)[k] = i < rank ? rng.uniform() - 0.5 : row(a)[k]! - row(b)[k]!;
  }
  return { row, ...finish(pivotedCholesky(z)) };
}

const shapes = fc.record({
  n: fc.integer({ min: 1, max: 60 }),
  d: fc.integer({ min: 61, max: 90 }),
  seed: fc.nat(),
});

it('is a factor: L·Lᵀ has the products of the rows, and as many columns as the rows have dimensions', () => {
  fc.assert(
    fc.property(shapes, fc.double({ min: 0.1, max: 1, noNaN: true }), ({ n, d, seed }, share) => {
      const independent = Math.ceil(share * n);
      const { row, factor: l, stride, rank } = factor(wasm, n, d, independent, seed);
      expect(rank).toBe(independent);
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          const exact = row(i).reduce((sum, value, k) => sum + value * row(j)[k]!, 0);
          let product = 0;
          for (let a = 0; a < rank; a++) product += l[i * stride + a]! * l[j * stride + a]!;
          expect(Math.abs(product - exact)).toBeLessThan(1e-5 * d);
        }
    }),
    { numRuns: 40 },
  );
});

it('is lower triangular in the order of its pivots', () => {
  const { factor: l, stride, rank, pivots } = factor(wasm, 50, 80, 37, 3);
  expect(new Set(pivots).size).toBe(rank);
  for (const [a, pivot] of pivots.entries()) {
    expect(l[pivot * stride + a]).toBeGreaterThan(0);
    for (let b = a + 1; b < rank; b++) expect(l[pivot * stride + b]).toBe(0);
  }
});

it('has the same bits from SIMD kernels and twin', () => {
  fc.assert(
    fc.property(shapes, ({ n, d, seed }) => {
      const [a, b] = [wasm, twin].map((linalg) => factor(linalg, n, d, n, seed));
      expect(a!.factor).toEqual(b!.factor);
      expect(a!.pivots).toEqual(b!.pivots);
    }),
    { numRuns: 30 },
  );
});

it('has no column where all rows are zero', () => {
  const steps = pivotedCholesky(wasm.workspace(5, 9, candidateBlock));
  expect(steps.next()).toMatchObject({ done: true, value: { rank: 0 } });
});
