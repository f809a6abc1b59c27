// The preconditioner changes how many iterations a fit takes and nothing else.

import { describe, expect, it } from 'vitest';
import { type Linalg, lbfgs, principalDirections } from '../linalg/index.ts';
import { finish } from '../linalg/testing.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { findPreconditioner, preconditionerPrice } from './precondition.ts';
import { type SoftmaxRows, softmaxObjective } from './softmax-objective.ts';
import { expectClose, linalg, rowsOf, twin } from './testing.ts';

function makeRows(n: number, d: number, classes: number, on: Linalg = linalg): SoftmaxRows {
  return rowsOf(makeSynthetic(n, d, classes, 3, 2), classes, [{ from: 0, to: n }], on);
}

const vectorOf = (length: number, seed: number) =>
  Float64Array.from({ length }, (_, at) => Math.sin(at * 1.7 + seed));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, k) => sum + value * b[k]!, 0);

/** The first principal direction, as a weight of the first output. */
function steepest({ workspace, scaling }: SoftmaxRows): Float64Array {
  const { rows, cols, stride, x, outputs, linalg } = workspace;
  const sample = linalg.workspace(rows, cols, 4);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < cols; k++)
      sample.x[i * sample.stride + k] = (x[i * stride + k]! - scaling.mean[k]!) * scaling.inverseScale[k]!;
  const vector = new Float64Array(outputs * (cols + 1));
  vector.set(finish(principalDirections(sample)).vectors.subarray(0, cols));
  return vector;
}

describe('the inverse', () => {
  it('is symmetric and positive, whatever the curvature', () => {
    const rows = makeRows(200, 50, 3);
    const preconditioner = finish(findPreconditioner(rows));
    for (const curvature of [0, 1e-3, 10, 1e6, 1e12]) {
      const inverse = preconditioner.inverse(curvature, 1);
      const [a, b] = [vectorOf(3 * 51, 1), vectorOf(3 * 51, 2)];
      const [ia, ib] = [a.slice(), b.slice()];
      inverse(ia);
      inverse(ib);
      const size = Math.sqrt(dot(ia, ia) * dot(b, b));
      expect(Math.abs(dot(ia, b) - dot(a, ib))).toBeLessThan(1e-5 * size);
      expect(dot(ia, a)).toBeGreaterThan(0);
      // Along the steepest direction of all, where the inverse is smallest.
      const steep = steepest(rows);
      const inverted = steep.slice();
      inverse(inverted);
      expect(dot(inverted, steep)).toBeGreaterThan(0);
    }
  });

  it('leaves weights alone where data count for nothing', () => {
    const weights = vectorOf(3 * 51, 1);
    const changed = weights.slice();
    finish(findPreconditioner(makeRows(200, 50, 3))).inverse(0, 1)(changed);
    expect(changed.subarray(0, 150)).toEqual(weights.subarray(0, 150));
  });

  it('has the same bits from SIMD kernels and twin', () => {
    const [a, b] = [linalg, twin].map((on) => {
      const vector = vectorOf(3 * 51, 1);
      finish(findPreconditioner(makeRows(120, 50, 3, on))).inverse(5, 1)(vector);
      return vector;
    });
    expect(a).toEqual(b);
  });
});

it.each([2, 4])('saves a third of the iterations on codes that vary together (%d classes)', (classes) => {
  const rows = makeRows(600, 120, classes);
  const strength = 0.1;
  const preconditioner = finish(findPreconditioner(rows));
  const solve = (help: boolean) => {
    const objective = softmaxObjective({ ...rows, strength });
    return finish(
      lbfgs(objective.evaluate, new Float64Array(rows.workspace.outputs * 121), {
        relativeTolerance: 1e-4,
        absoluteTolerance: 0,
        maxIterations: 3000,
        // biome-ignore lint/correctness/useYield: a preconditioner that is there already has nothing to wait for
        *precondition() {
          return help ? preconditioner.inverse(strength * objective.curvature, 1) : undefined;
        },
      }),
    );
  };
  const [plain, helped] = [solve(false), solve(true)];
  expect(helped.converged).toBe(true);
  expectClose([...helped.x], [...plain.x], 1e-3);
  expect(helped.iterations).toBeLessThan(0.67 * plain.iterations);
});

it('is never bought where there are too few rows or columns for directions to stand out', () => {
  const price = (n: number, d: number) => preconditionerPrice(makeRows(n, d, 3));
  expect(price(12, 50)).toBe(Number.POSITIVE_INFINITY);
  expect(price(50, 12)).toBe(Number.POSITIVE_INFINITY);
  expect(price(50, 50)).toBeLessThan(20);
});
