// Fits of a softmax to some rows, by L-BFGS to convergence: in the row space where that is smaller, preconditioned
// where there are directions to know. Neither changes what the solution is, only how soon it is there.

import { type InverseCurvature, lbfgs, relay, type Steps } from '../linalg/index.ts';
import { findPreconditioner, type Preconditioner, preconditionerPrice } from './precondition.ts';
import { type RowSpace, reduceToRowSpace, rowSpacePays } from './row-space.ts';
import { type SoftmaxProblem, type SoftmaxRows, softmaxObjective } from './softmax-objective.ts';
import { countRows } from './standardise.ts';

export interface Tolerance {
  /**
   * ‖gradient‖ ≤ relative·‖parameters‖. The objective curves at least like ½‖V‖², so the weights are then no further
   * from the exact ones than this fraction of their length, and the objective is at most relative² above its minimum,
   * as a fraction of it. Measured, it is a tenth of that.
   */
  relative: number;
  maxIterations: number;
}

/** For the model that is published or judged on the held-out split: the objective is right to a millionth. */
export const finalTolerance: Tolerance = { relative: 1e-3, maxIterations: 3000 };
/** For choosing a strength among decades: log-loss out of fold was right to 1e-4, at three times this to 2e-4. */
export const searchTolerance: Tolerance = { relative: 1e-3, maxIterations: 1000 };

/** The least ‖gradient‖ that float32 residuals allow, for each unit of C and row. */
export const gradientNoise = 1e-8;

export interface Fit {
  /** V [outputs, cols], then b [outputs], in the units of the problem's scaling. */
  params: Float64Array;
  /** ‖gradient‖₂ by these parameters. */
  gradientNorm: number;
  iterations: number;
  converged: boolean;
}

/** Fits of one set of rows at several strengths. */
export interface PreparedSoftmax {
  /** From `start` (zeros if left out) to the tolerance; yields iterations done, often. */
  fit(strength: number, tolerance: Tolerance, start?: Float64Array): Generator<number, Fit>;
}

/** Evaluations that a fit takes, roughly: enough to know whether a reduction pays. */
const evaluationsPerFit = 40;

/**
 * Fits that share what does not depend on the strength: the row space, where there are fewer rows than columns, and
 * the leading directions of the rows. Both are made when they are first wanted, by a rule that counts work, so the
 * same fits in the same order give the same bits.
 *
 * @param fits how many are to come.
 */
export function prepareSoftmax(rows: SoftmaxRows, fits = 1): PreparedSoftmax {
  const full = new Solver(rows);
  let reduction: { space: RowSpace; solver: Solver } | undefined;
  let decided = !rowSpacePays(rows, evaluationsPerFit * fits);

  function* reduce(): Generator<number, void> {
    const space = yield* relay(reduceToRowSpace(rows), () => 0);
    if (space) reduction = { space, solver: new Solver(space.rows) };
    decided = true;
  }

  return {
    *fit(strength, tolerance, start) {
      if (!decided) yield* reduce();
      if (!reduction) return yield* full.fit(strength, tolerance, start);
      const { space, solver } = reduction;
      const near = yield* solver.fit(strength, tolerance, start && space.toRowSpace(start));
      // Usually the first evaluation finds that it has converged; if rounding was against it, a few more follow.
      const polish = full.fit(strength, tolerance, space.fromRowSpace(near.params));
      const fit = yield* relay(polish, (more) => near.iterations + more);
      return { ...fit, iterations: near.iterations + fit.iterations };
    },
  };
}

/** One fit: see {@link prepareSoftmax}, which is for several. */
export function fitSoftmax(
  { strength, ...rows }: SoftmaxProblem,
  tolerance: Tolerance,
  start?: Float64Array,
): Generator<number, Fit> {
  return prepareSoftmax(rows).fit(strength, tolerance, start);
}

/** L-BFGS on one set of rows, preconditioned as soon as that costs no more than what has been spent without. */
class Solver {
  readonly #rows: SoftmaxRows;
  readonly #dataWeight: number;
  readonly #price: number;
  #preconditioner: Preconditioner | undefined;
  #spent = 0;

  constructor(rows: SoftmaxRows) {
    this.#rows = rows;
    this.#dataWeight = weighRows(rows);
    this.#price = preconditionerPrice(rows);
  }

  /**
   * At small C the solver sees the intercepts in units of 2/√(C·n), where their curvature is about 1, like that of
   * the penalty; in plain units it is a fraction of C·n, which would hide an intercept that is still far off. The
   * tolerance shrinks by the same factor, so that it holds for plain intercepts too.
   */
  *fit(strength: number, tolerance: Tolerance, start?: Float64Array): Generator<number, Fit> {
    const { outputs, cols } = this.#rows.workspace;
    const dataWeight = strength * this.#dataWeight;
    const interceptScale = Math.max(1, 2 / Math.sqrt(dataWeight));
    const scaleIntercepts = (values: Float64Array, by: number) =>
      values.map((value, p) => (p < outputs * cols ? value : value * by));
    const objective = softmaxObjective({ ...this.#rows, strength }, interceptScale);
    const { x, gradient, iterations, converged } = yield* lbfgs(
      (params, slopes) => {
        this.#spent++;
        return objective.evaluate(params, slopes);
      },
      start ? scaleIntercepts(start, 1 / interceptScale) : new Float64Array(outputs * (cols + 1)),
      {
        relativeTolerance: tolerance.relative / interceptScale,
        absoluteTolerance: gradientNoise * dataWeight,
        maxIterations: tolerance.maxIterations,
        precondition: () => this.#inverse(() => strength * objective.curvature, interceptScale),
      },
    );
    const plainGradient = scaleIntercepts(gradient, 1 / interceptScale);
    const gradientNorm = Math.sqrt(plainGradient.reduce((sum, slope) => sum + slope * slope, 0));
    return { params: scaleIntercepts(x, interceptScale), gradientNorm, iterations, converged };
  }

  *#inverse(curvature: () => number, interceptScale: number): Steps<InverseCurvature | undefined> {
    if (this.#spent < this.#price) return undefined;
    this.#preconditioner ??= yield* findPreconditioner(this.#rows);
    return this.#preconditioner.inverse(curvature(), interceptScale);
  }
}

/** Σ of the rows' weights. */
function weighRows({ ranges, rowWeights }: SoftmaxRows): number {
  if (!rowWeights) return countRows(ranges);
  let sum = 0;
  for (const { from, to } of ranges) for (let i = from; i < to; i++) sum += rowWeights[i]!;
  return sum;
}
