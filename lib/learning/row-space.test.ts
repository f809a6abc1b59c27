// The row space gives the minimiser of the full problem, only sooner.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Linalg } from '../linalg/index.ts';
import { finish } from '../linalg/testing.ts';
import { type Fit, prepareSoftmax } from './fit.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { reduceToRowSpace, rowSpacePays } from './row-space.ts';
import { type SoftmaxRows, softmaxObjective } from './softmax-objective.ts';
import { standardise } from './standardise.ts';
import { expectClose, linalg, rowsOf, twin } from './testing.ts';

const tight = { relative: 1e-5, maxIterations: 2000 };
/** So many fits to come that the reduction always pays, and so few that it never does. */
const [always, never] = [1e6, 0];

/** Rows 5 ≤ i < 9 are left out; with `twice` some rows stand there a second time. */
function makeRows(
  n: number,
  d: number,
  classes: number,
  seed: number,
  twice = 0,
  on: Linalg = linalg,
): SoftmaxRows {
  const { codes, labels } = makeSynthetic(n, d, classes, seed);
  codes.copyWithin((n - twice) * d, (n - 2 * twice) * d, (n - twice) * d);
  const ranges = [
    { from: 0, to: 5 },
    { from: 9, to: n },
  ];
  return rowsOf({ codes, labels }, classes, ranges, on);
}

function judge(rows: SoftmaxRows, strength: number, { params }: Fit) {
  const gradient = new Float64Array(params.length);
  const value = finish(softmaxObjective({ ...rows, strength }).evaluate(params, gradient));
  return { value, gradientNorm: Math.hypot(...gradient), length: Math.hypot(...params) };
}

const problems = fc.record({
  classes: fc.integer({ min: 2, max: 4 }),
  strength: fc.constantFrom(1e-4, 1e-2, 1),
  seed: fc.nat(),
  twice: fc.constantFrom(0, 6),
});

describe('a fit in the row space', () => {
  it('has the gradient and the value of the full problem at its minimum, duplicates and weights or not', () => {
    fc.assert(
      fc.property(problems, fc.boolean(), ({ classes, strength, seed, twice }, weighted) => {
        const rows = makeRows(40, 100, classes, seed, twice);
        if (weighted) rows.rowWeights = Float64Array.from(rows.truth, (label) => 0.5 + label);
        const reduced = finish(prepareSoftmax(rows, always).fit(strength, tight));
        const full = finish(prepareSoftmax(rows, never).fit(strength, tight));
        const [a, b] = [judge(rows, strength, reduced), judge(rows, strength, full)];
        expect(reduced.converged).toBe(true);
        expect(a.gradientNorm).toBeLessThan(2e-5 * a.length + 1e-6);
        expect(Math.abs(a.value / b.value - 1)).toBeLessThan(1e-6);
        expectClose([...reduced.params], [...full.params], 1e-3);
      }),
      { numRuns: 40 },
    );
  });

  it('needs no step more in full after it has been mapped back', () => {
    const rows = makeRows(60, 200, 3, 5);
    const space = finish(reduceToRowSpace(rows))!;
    const inside = finish(prepareSoftmax(space.rows, never).fit(0.1, { relative: 1e-4, maxIterations: 500 }));
    const outside = finish(prepareSoftmax(rows, always).fit(0.1, { relative: 1e-4, maxIterations: 500 }));
    expect(outside.iterations).toBe(inside.iterations);
  });

  it('begins where it is told to: at its own solution there is nothing left to do', () => {
    const rows = makeRows(50, 120, 3, 7);
    const prepared = prepareSoftmax(rows, always);
    const { params } = finish(prepared.fit(0.1, { relative: 1e-4, maxIterations: 500 }));
    const again = finish(prepared.fit(0.1, { relative: 3e-4, maxIterations: 500 }, params));
    expect(again.iterations).toBe(0);
    expectClose([...again.params], [...params], 1e-5);
  });

  it('has the same bits from SIMD kernels and twin', () => {
    const [a, b] = [linalg, twin].map((on) =>
      finish(prepareSoftmax(makeRows(60, 90, 3, 2, 4, on), always).fit(0.1, tight)),
    );
    expect(a).toEqual(b);
  });

  it('is possible, if pointless, where all rows are the same', () => {
    const rows = makeRows(20, 40, 2, 1);
    rows.workspace.x.fill(0);
    for (let i = 0; i < 20; i++) rows.workspace.x[i * rows.workspace.stride] = 3;
    rows.scaling = standardise(rows.workspace.x, rows.workspace.stride, 40, rows.ranges);
    expect(finish(reduceToRowSpace(rows))).toBeUndefined();
    expect(finish(prepareSoftmax(rows, always).fit(1, tight)).converged).toBe(true);
  });
});

describe('the way there and back', () => {
  it('keeps what lies in the span of the rows, and its length', () => {
    const rows = makeRows(30, 80, 3, 9);
    const space = finish(reduceToRowSpace(rows))!;
    const { cols, outputs } = space.rows.workspace;
    const beta = Float64Array.from({ length: outputs * (cols + 1) }, (_, at) => Math.sin(at));
    const params = space.fromRowSpace(beta);
    expectClose([...space.toRowSpace(params)], [...beta], 1e-4);
    const length = (values: Float64Array, width: number) =>
      Math.hypot(...values.subarray(0, outputs * width));
    expect(length(params, 80) / length(beta, cols)).toBeCloseTo(1, 4);
  });
});

describe('the rule', () => {
  const shape = (n: number, d: number, outputs: number) =>
    ({ workspace: { cols: d, outputs }, ranges: [{ from: 0, to: n }] }) as unknown as SoftmaxRows;

  it.each([
    [195, 1344, 1, 7, true],
    [195, 1344, 1, 1, false],
    [320, 1344, 10, 1, true],
    [600, 1344, 1, 7, false],
    [1400, 1344, 10, 1000, false],
    [4000, 16384, 10, 1000, false],
  ])('%d rows of %d, %d outputs, %d fits to come: %s', (n, d, outputs, fits, pays) => {
    expect(rowSpacePays(shape(n, d, outputs), 40 * fits)).toBe(pays);
  });
});
