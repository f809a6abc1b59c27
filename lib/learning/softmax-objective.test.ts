import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../linalg/index.ts';
import { finish } from '../linalg/testing.ts';
import { fitSoftmax } from './fit.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { type SoftmaxProblem, softmaxObjective } from './softmax-objective.ts';
import { expectClose, linalg, rowsOf } from './testing.ts';

/** Rows 3 ≤ i < 9 are left out, so that a problem has two ranges. */
function makeProblem(classes: number, strength: number, seed: number, weighted = false): SoftmaxProblem {
  const [n, d] = [30, 6];
  const synthetic = makeSynthetic(n, d, classes, seed);
  const ranges = [
    { from: 0, to: 3 },
    { from: 9, to: n },
  ];
  return {
    ...rowsOf(synthetic, classes, ranges),
    strength,
    ...(weighted && {
      rowWeights: Float64Array.from(synthetic.labels, (label, i) => 0.25 + label + (i % 3)),
    }),
  };
}

/** The objective as the textbook has it: standardised columns, float64 throughout, the engine's exp and log. */
function textbook(
  { workspace, ranges, truth, scaling, strength, rowWeights }: SoftmaxProblem,
  params: Float64Array,
): number {
  const { cols, outputs, stride, x } = workspace;
  let value = 0;
  for (let p = 0; p < outputs * cols; p++) value += 0.5 * params[p]! ** 2;
  for (const { from, to } of ranges)
    for (let i = from; i < to; i++) {
      const z = Array.from({ length: outputs }, (_, j) => {
        let score = params[outputs * cols + j]!;
        for (let k = 0; k < cols; k++)
          score += params[j * cols + k]! * (x[i * stride + k]! - scaling.mean[k]!) * scaling.inverseScale[k]!;
        return score;
      });
      const logits = outputs === 1 ? [0, z[0]!] : z;
      const total = logits.reduce((sum, each) => sum + Math.exp(each), 0);
      value += strength * (rowWeights?.[i] ?? 1) * (Math.log(total) - logits[truth[i]!]!);
    }
  return value;
}

const problems = fc.record({
  classes: fc.integer({ min: 2, max: 4 }),
  strength: fc.constantFrom(1e-3, 0.1, 10),
  seed: fc.nat(),
  weighted: fc.boolean(),
});

describe('the objective', () => {
  it('has the textbook value and a gradient that finite differences confirm', () => {
    fc.assert(
      fc.property(problems, ({ classes, strength, seed, weighted }) => {
        const problem = makeProblem(classes, strength, seed, weighted);
        const rng = createRng(seed);
        const params = Float64Array.from(
          { length: problem.workspace.outputs * (problem.workspace.cols + 1) },
          () => rng.uniform() - 0.5,
        );
        const gradient = new Float64Array(params.length);
        const value = finish(softmaxObjective(problem).evaluate(params, gradient));
        expect(Math.abs(value / textbook(problem, params) - 1)).toBeLessThan(1e-5);
        const h = 1e-5;
        for (let p = 0; p < params.length; p++) {
          const moved = (by: number) => textbook(problem, params.with(p, params[p]! + by));
          const slope = (moved(h) - moved(-h)) / (2 * h);
          expect(Math.abs(gradient[p]! - slope)).toBeLessThan(1e-4 * (strength * 24 + Math.abs(slope)));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is minimised: at the solution the textbook gradient is all but zero', () => {
    fc.assert(
      fc.property(problems, ({ classes, strength, seed, weighted }) => {
        const problem = makeProblem(classes, strength, seed, weighted);
        const { params: x, converged } = finish(fitSoftmax(problem, { relative: 1e-4, maxIterations: 1000 }));
        expect(converged).toBe(true);
        const h = 1e-4;
        let squares = 0;
        for (let p = 0; p < x.length; p++) {
          const moved = (by: number) => textbook(problem, x.with(p, x[p]! + by));
          squares += ((moved(h) - moved(-h)) / (2 * h)) ** 2;
        }
        expect(Math.sqrt(squares)).toBeLessThan(3e-4 * Math.hypot(...x) + 1e-6);
      }),
      { numRuns: 20 },
    );
  });

  it('knows its curvature: at zero every label has the same p, and h is n·p(1 − p) over the directions left', () => {
    for (const [classes, perRow] of [
      [2, 1 / 4],
      [3, 1 / 3],
      [4, 1 / 4],
    ] as const) {
      const { workspace, ...problem } = makeProblem(classes, 0.1, 5);
      const objective = softmaxObjective({ workspace, ...problem });
      const at = new Float64Array(workspace.outputs * (workspace.cols + 1));
      finish(objective.evaluate(at, new Float64Array(at.length)));
      expect(objective.curvature).toBeCloseTo(24 * perRow, 10);
    }
  });

  it('yields between blocks of rows when there is much to do', () => {
    const workspace = linalg.workspace(4096, 1024, 10);
    const scaling = { mean: new Float64Array(1024), inverseScale: new Float64Array(1024).fill(1) };
    const problem = {
      workspace,
      ranges: [{ from: 0, to: 4096 }],
      truth: new Int32Array(4096),
      scaling,
      strength: 1,
    };
    const params = new Float64Array(10 * 1025);
    const steps = softmaxObjective(problem).evaluate(params, new Float64Array(params.length));
    let yielded = 0;
    while (!steps.next().done) yielded++;
    expect(yielded).toBe(1);
  });
});

describe('weights of rows', () => {
  const settings = { relative: 1e-4, maxIterations: 1000 };

  it('count like rows that stand there as often', () => {
    const [n, d] = [24, 8];
    const { codes, labels } = makeSynthetic(n, d, 3, 4);
    const times = Array.from({ length: n }, (_, i) => 1 + (i % 3));
    const repeated = times.flatMap((count, i) => new Array<number>(count).fill(i));
    const scaling = { mean: new Float64Array(d), inverseScale: new Float64Array(d).fill(0.1) };
    const solve = (order: number[], rowWeights?: Float64Array) => {
      const workspace = linalg.workspace(order.length, d, 3);
      for (const [at, i] of order.entries())
        workspace.x.set(codes.subarray(i * d, (i + 1) * d), at * workspace.stride);
      const truth = Int32Array.from(order, (i) => labels[i]!);
      const ranges = [{ from: 0, to: order.length }];
      return finish(
        fitSoftmax(
          { workspace, ranges, truth, scaling, strength: 0.3, ...(rowWeights && { rowWeights }) },
          settings,
        ),
      );
    };
    const weighted = solve([...labels.keys()], Float64Array.from(times));
    expectClose([...weighted.params], [...solve(repeated).params], 5e-4);
  });
});
