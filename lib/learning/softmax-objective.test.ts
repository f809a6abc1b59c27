import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLinalg, createRng } from '../linalg/index.ts';
import { fitSoftmax } from './fit.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { outputsFor, type SoftmaxProblem, softmaxObjective } from './softmax-objective.ts';
import { standardise } from './standardise.ts';

/** Rows 3 ≤ i < 9 are left out, so that a problem has two ranges. */
function makeProblem(classes: number, strength: number, seed: number): SoftmaxProblem {
  const [n, d] = [30, 6];
  const { codes, labels } = makeSynthetic(n, d, classes, seed);
  const workspace = createLinalg().workspace(n, d, outputsFor(classes));
  for (let i = 0; i < n; i++) workspace.x.set(codes.subarray(i * d, (i + 1) * d), i * workspace.stride);
  const ranges = [
    { from: 0, to: 3 },
    { from: 9, to: n },
  ];
  return {
    workspace,
    ranges,
    truth: labels,
    scaling: standardise(workspace.x, workspace.stride, d, ranges),
    strength,
  };
}

/** The objective as the textbook has it: standardised columns, float64 throughout, the engine's exp and log. */
function textbook(
  { workspace, ranges, truth, scaling, strength }: SoftmaxProblem,
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
      value += strength * (Math.log(total) - logits[truth[i]!]!);
    }
  return value;
}

const problems = fc.record({
  classes: fc.integer({ min: 2, max: 4 }),
  strength: fc.constantFrom(1e-3, 0.1, 10),
  seed: fc.nat(),
});

describe('the objective', () => {
  it('has the textbook value and a gradient that finite differences confirm', () => {
    fc.assert(
      fc.property(problems, ({ classes, strength, seed }) => {
        const problem = makeProblem(classes, strength, seed);
        const rng = createRng(seed);
        const params = Float64Array.from(
          { length: problem.workspace.outputs * (problem.workspace.cols + 1) },
          () => rng.uniform() - 0.5,
        );
        const gradient = new Float64Array(params.length);
        const value = softmaxObjective(problem)(params, gradient);
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
      fc.property(problems, ({ classes, strength, seed }) => {
        const problem = makeProblem(classes, strength, seed);
        const steps = fitSoftmax(problem, { relative: 1e-4, maxIterations: 1000 });
        let step = steps.next();
        while (!step.done) step = steps.next();
        const { params: x, converged } = step.value;
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
});
