// The SVM's solvers: optimal by the duality gap and the KKT conditions, the same as scikit-learn's, and as each other.

import { describe, expect, it } from 'vitest';
import { finish } from '../linalg/testing.ts';
import { balancedWeights } from './class-weights.ts';
import { finalTolerance } from './fit.ts';
import linearSvc from './fixtures/linear-svc.json' with { type: 'json' };
import scikitLearn from './fixtures/scikit-learn.json' with { type: 'json' };
import { makeSynthetic } from './fixtures/synthetic.ts';
import { standardise } from './standardise.ts';
import { isPositive, prepareSvm, type SvmProblem } from './svm.ts';
import { dualSvm } from './svm-dual.ts';
import { primalSvm } from './svm-primal.ts';
import { expectClose, rowsOf, train } from './testing.ts';

const tight = { relative: 1e-4, maxIterations: 3000 };

function problemOf(n: number, d: number, classes: number, noise = 1): SvmProblem {
  // A hole in the middle: rows of a fold that the model may not see.
  const ranges = [
    { from: 0, to: Math.floor(n / 3) },
    { from: Math.floor(n / 2), to: n },
  ];
  return rowsOf(makeSynthetic(n, d, classes, n + d, noise), classes, ranges);
}

/** Primal and dual objective of output j, α being what the KKT conditions make of the weights. */
function judge(
  { workspace, ranges, truth, scaling, rowWeights }: SvmProblem,
  strength: number,
  params: Float64Array,
  j: number,
) {
  const { x, stride, cols, outputs } = workspace;
  const w = params.subarray(j * cols, (j + 1) * cols);
  const b = params[outputs * cols + j]!;
  const fromAlpha = new Float64Array(cols + 1);
  let primal = 0.5 * b * b;
  let dual = 0;
  for (const v of w) primal += 0.5 * v * v;
  for (const { from, to } of ranges)
    for (let i = from; i < to; i++) {
      const z = Array.from(
        { length: cols },
        (_, k) => (x[i * stride + k]! - scaling.mean[k]!) * scaling.inverseScale[k]!,
      );
      const y = isPositive(outputs, j, truth[i]!) ? 1 : -1;
      const weight = strength * (rowWeights?.[i] ?? 1);
      const missing = Math.max(0, 1 - y * z.reduce((sum, value, k) => sum + value * w[k]!, b));
      const alpha = 2 * weight * missing;
      primal += weight * missing * missing;
      dual += alpha - (alpha * alpha) / (4 * weight);
      z.forEach((value, k) => {
        fromAlpha[k]! += alpha * y * value;
      });
      fromAlpha[cols]! += alpha * y;
    }
  for (const v of fromAlpha) dual -= 0.5 * v * v;
  return { primal, dual };
}

describe('both solvers', () => {
  const shapes = [
    [40, 90, 2, 1e-3],
    [40, 90, 2, 10],
    [60, 12, 2, 0.1],
    [50, 100, 4, 1e-2],
    [90, 10, 5, 1],
  ] as const;

  it.each(shapes)('reach the optimum: %i rows, %i columns, %i classes, C = %d', (n, d, classes, strength) => {
    for (const balanced of [false, true]) {
      const problem = problemOf(n, d, classes, 1.5);
      if (balanced) problem.rowWeights = balancedWeights(problem.truth, classes, problem.ranges);
      const fits = [dualSvm, primalSvm].map((solve) => finish(solve(problem).fit(strength, tight)));
      for (const { params, converged, gradientNorm } of fits) {
        expect(converged).toBe(true);
        expect(gradientNorm).toBeLessThanOrEqual(1e-4 * Math.hypot(...params));
        for (let j = 0; j < problem.workspace.outputs; j++) {
          const { primal, dual } = judge(problem, strength, params, j);
          expect(primal - dual).toBeLessThan(1e-7 * primal);
          expect(primal - dual).toBeGreaterThan(-1e-12 * primal);
        }
      }
    }
  });

  it('find the same weights', () => {
    for (const [n, d, classes, strength] of shapes) {
      const problem = problemOf(n, d, classes);
      const dual = finish(dualSvm(problem).fit(strength, tight));
      const primal = finish(primalSvm(problem).fit(strength, tight));
      expectClose([...dual.params], [...primal.params], 2.5e-4);
    }
  });

  it('find the same weights wherever they begin', () => {
    const problem = problemOf(50, 100, 3);
    for (const solve of [dualSvm, primalSvm]) {
      const prepared = solve(problem);
      const cold = finish(prepared.fit(0.1, tight));
      const other = finish(prepared.fit(10, tight));
      const warm = finish(prepared.fit(0.1, tight, other.params));
      expectClose([...warm.params], [...cold.params], 2.5e-4);
      const again = finish(prepared.fit(0.1, tight, cold.params));
      expect(again.iterations).toBeLessThan(cold.iterations / 2);
    }
  });

  it('take columns that never move', () => {
    const problem = problemOf(20, 30, 2);
    problem.workspace.x.fill(0);
    problem.scaling = standardise(problem.workspace.x, problem.workspace.stride, 30, problem.ranges);
    for (const solve of [dualSvm, primalSvm]) {
      const { params, converged } = finish(solve(problem).fit(1, finalTolerance));
      expect(converged).toBe(true);
      expect([...params.subarray(0, 30)]).toEqual(new Array(30).fill(0));
    }
  });
});

describe('prepareSvm', () => {
  it('descends in the dual where there are fewer rows than columns', () => {
    expect(prepareSvm(problemOf(40, 90, 2)).solver).toBe('dual-coordinate-descent');
    expect(prepareSvm(problemOf(90, 10, 2)).solver).toBe('lbfgs');
  });

  it('yields between slices, iterations that never fall', () => {
    const problem = problemOf(60, 80, 3, 2);
    const seen: number[] = [];
    const steps = prepareSvm(problem).fit(1, finalTolerance);
    for (let step = steps.next(); !step.done; step = steps.next()) seen.push(step.value);
    expect(seen.length).toBeGreaterThan(10);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
  });
});

describe('agreement with scikit-learn', () => {
  it.each(linearSvc.fits)('$problem at C = $strength, class weights $classWeights', async (fit) => {
    const { d, classes, codes, labels } = scikitLearn.problems.find(({ name }) => name === fit.problem)!;
    const { weight, bias, report } = await train({
      codes: Float32Array.from(fit.rows.flatMap((i) => codes.slice(i * d, (i + 1) * d))),
      labels: Int32Array.from(fit.rows, (i) => labels[i]!),
      labelNames: Array.from({ length: classes }, (_, j) => `${j}`),
      split: fit.rows.map(() => 'train'),
      kind: 'svm',
      classWeights: fit.classWeights as 'none',
      strength: fit.strength,
    });
    expect(report.converged).toBe(true);
    // Two classes: one function, whose negative stands in the other row.
    const rows = (values: Float32Array, width: number) => [
      ...(classes === 2 ? values.subarray(width) : values),
    ];
    expectClose(rows(weight, d), fit.coefficients, 3 * finalTolerance.relative);
    for (const [j, value] of rows(bias, 1).entries())
      expect(Math.abs(value - fit.intercept[j]!)).toBeLessThan(
        finalTolerance.relative * (1 + 3 * Math.abs(fit.intercept[j]!)),
      );
    if (classes === 2) expect(weight[0]).toBe(-weight[d]!);
  });
});
