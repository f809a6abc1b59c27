// One fit: a model of some rows at one strength, by L-BFGS to convergence.

import { lbfgs } from '../linalg/index.ts';
import { type SoftmaxProblem, softmaxObjective } from './softmax-objective.ts';
import { countRows } from './standardise.ts';

export interface Tolerance {
  /** ‖gradient‖ ≤ relative·‖parameters‖. The objective curves at least like ½‖V‖², so the weights are then at
   *  about this fraction of their length from the exact ones. */
  relative: number;
  maxIterations: number;
}

/** For the model that is published or judged on the held-out split. */
export const finalTolerance: Tolerance = { relative: 1e-4, maxIterations: 3000 };
/** For choosing a strength among decades: log-loss is right to about this fraction. */
export const searchTolerance: Tolerance = { relative: 1e-3, maxIterations: 1000 };

/** The least ‖gradient‖ that float32 residuals allow, for each unit of C and row. */
const gradientNoise = 1e-8;

export interface Fit {
  /** V [outputs, cols], then b [outputs], in the units of the problem's scaling. */
  params: Float64Array;
  /** ‖gradient‖₂ by these parameters. */
  gradientNorm: number;
  iterations: number;
  converged: boolean;
}

/**
 * Fits from `start` (zeros if left out); yields iterations done.
 *
 * At small C the solver sees the intercepts in units of 2/√(C·n), where their curvature is about 1, like that of
 * the penalty; in plain units it is a fraction of C·n, which would hide an intercept that is still far off. The
 * tolerance shrinks by the same factor, so that it holds for plain intercepts too.
 */
export function* fitSoftmax(
  problem: SoftmaxProblem,
  tolerance: Tolerance,
  start?: Float64Array,
): Generator<number, Fit> {
  const { outputs, cols } = problem.workspace;
  const dataWeight = problem.strength * countRows(problem.ranges);
  const interceptScale = Math.max(1, 2 / Math.sqrt(dataWeight));
  const scaleIntercepts = (values: Float64Array, by: number) =>
    values.map((value, p) => (p < outputs * cols ? value : value * by));
  const { x, gradient, iterations, converged } = yield* lbfgs(
    softmaxObjective(problem, interceptScale),
    start ? scaleIntercepts(start, 1 / interceptScale) : new Float64Array(outputs * (cols + 1)),
    {
      relativeTolerance: tolerance.relative / interceptScale,
      absoluteTolerance: gradientNoise * dataWeight,
      maxIterations: tolerance.maxIterations,
    },
  );
  const plainGradient = scaleIntercepts(gradient, 1 / interceptScale);
  const gradientNorm = Math.sqrt(plainGradient.reduce((sum, slope) => sum + slope * slope, 0));
  return { params: scaleIntercepts(x, interceptScale), gradientNorm, iterations, converged };
}
