import fc from 'fast-check';
import { expect, it } from 'vitest';
import { answersOrRefuses, damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import { applyHead, type Head, isNone, readHead, writeHead } from './index.ts';

const digest = 'ab'.repeat(32);
const softmax: Head = {
  kind: 'softmax',
  labels: ['ant', 'bee'],
  dims: 3,
  weight: Float32Array.of(1, 2, 3, -1, -2, -3),
  bias: Float32Array.of(0.5, -0.5),
  calibration: { method: 'temperature', temperature: 1.5 },
  codeSpace: digest,
  backbone: digest,
};
const svm: Head = {
  ...softmax,
  kind: 'svm',
  calibration: { method: 'platt', slope: Float64Array.of(-2, -1), intercept: Float64Array.of(0, 0.1) },
};
const stranger: Head = {
  ...softmax,
  openSet: {
    method: 'mahalanobis',
    scale: 2,
    center: Float32Array.of(1, 0.5, 0),
    basis: Float32Array.of(1, 0, 0),
    precision: Float64Array.of(0.5, 1),
    threshold: 3,
  },
};

it('reads or refuses damaged heads, and one that it reads gives probabilities', async () => {
  const outcomes = { answered: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(damaged([writeHead(softmax), writeHead(svm), writeHead(stranger)]), async (bytes) => {
      const outcome = await answersOrRefuses(() => {
        const head = readHead(bytes);
        expect([true, false, undefined]).toContain(isNone(head, new Float32Array(head.dims).fill(0.5)));
        const { probabilities } = applyHead(head, new Float32Array(head.dims).fill(0.5));
        expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
        expect(Math.abs(probabilities.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-9);
      });
      outcomes[outcome]++;
    }),
    { numRuns: fuzzRuns(1000) },
  );
  expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(0);
});
