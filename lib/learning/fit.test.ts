// What a fit promises: how near the minimum its tolerance brings it, and that a start near the solution saves work.

import { describe, expect, it } from 'vitest';
import { finish } from '../linalg/testing.ts';
import { type Fit, finalTolerance, prepareSoftmax } from './fit.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { type SoftmaxRows, softmaxObjective } from './softmax-objective.ts';
import { linalg, rowsOf, twin } from './testing.ts';

/** The first `used` of n rows. */
function makeRows(n: number, d: number, classes: number, used = n, on = linalg): SoftmaxRows {
  return rowsOf(makeSynthetic(n, d, classes, 8, 2), classes, [{ from: 0, to: used }], on);
}

const objectiveAt = (rows: SoftmaxRows, strength: number, { params }: Fit) =>
  finish(softmaxObjective({ ...rows, strength }).evaluate(params, new Float64Array(params.length)));

describe('the final tolerance', () => {
  const shapes = [
    ['many rows', makeRows(500, 60, 3)],
    ['two classes', makeRows(300, 90, 2)],
    ['few rows', makeRows(60, 300, 4)],
  ] as const;

  it.each(shapes)(
    'leaves the objective within a millionth of its minimum, at every strength (%s)',
    (_, rows) => {
      for (const strength of [1e-5, 1e-3, 0.1, 10]) {
        const prepared = prepareSoftmax(rows);
        const usual = finish(prepared.fit(strength, finalTolerance));
        const tight = finish(prepared.fit(strength, { relative: 1e-5, maxIterations: 400 }));
        expect(usual.converged).toBe(true);
        // One millionth is the bound, another what float32 scores blur.
        expect(objectiveAt(rows, strength, usual) / objectiveAt(rows, strength, tight) - 1).toBeLessThan(
          2e-6,
        );
      }
    },
  );
});

describe('several fits of one preparation', () => {
  it('end where single ones do', () => {
    const rows = makeRows(200, 80, 3);
    const prepared = prepareSoftmax(rows, 4);
    let start: Float64Array | undefined;
    for (const strength of [1e-3, 1e-2, 1e-1, 1]) {
      const fit = finish(prepared.fit(strength, finalTolerance, start));
      const alone = finish(prepareSoftmax(rows).fit(strength, finalTolerance));
      expect(objectiveAt(rows, strength, fit) / objectiveAt(rows, strength, alone)).toBeCloseTo(1, 5);
      start = fit.params;
    }
  });

  it('have the same bits from SIMD kernels and twin', () => {
    const [a, b] = [linalg, twin].map((on) => {
      const prepared = prepareSoftmax(makeRows(90, 64, 3, 90, on), 3);
      const first = finish(prepared.fit(1e-2, finalTolerance));
      return [first, finish(prepared.fit(1, finalTolerance, first.params))];
    });
    expect(a).toEqual(b);
  });
});

it('a start from the solution without the last row takes a fraction of the iterations', () => {
  const [before, after] = [makeRows(801, 120, 4, 800), makeRows(801, 120, 4)];
  const strength = 1e-2;
  const { params } = finish(prepareSoftmax(before).fit(strength, finalTolerance));
  const warm = finish(prepareSoftmax(after).fit(strength, finalTolerance, params));
  const cold = finish(prepareSoftmax(after).fit(strength, finalTolerance));
  expect(warm.converged).toBe(true);
  expect(warm.iterations).toBeLessThan(0.6 * cold.iterations);
});
