// The SVM's primal by L-BFGS: its squared hinge has a continuous gradient. All labels are one problem whose parts do
// not touch, so each iteration is two matrix products for all of them.

import { lbfgs, type Steps } from '../linalg/index.ts';
import { addRows } from './add-rows.ts';
import { type Fit, gradientNoise, type Tolerance } from './fit.ts';
import { findPreconditioner, type Preconditioner, preconditionerPrice } from './precondition.ts';
import { placeWeights } from './score-rows.ts';
import { countRows } from './standardise.ts';
import { isPositive, type PreparedSvm, type SvmProblem } from './svm.ts';

const { fround } = Math;

/** Evaluations before a preconditioner is thought of: an easy fit is over by then. */
const leastPatience = 8;

export function primalSvm(problem: SvmProblem): PreparedSvm {
  const { outputs, cols } = problem.workspace;
  const price = Math.max(leastPatience, preconditionerPrice(problem));
  let preconditioner: Preconditioner | undefined;
  let spent = 0;

  /** The directions are found once for all strengths, when as much has been spent as they cost. */
  function* inverse(curvature: () => number) {
    if (spent < price) return undefined;
    preconditioner ??= yield* findPreconditioner(problem);
    return preconditioner.inverse(curvature(), 1);
  }

  return {
    solver: 'lbfgs',
    *fit(strength: number, tolerance: Tolerance, start?: Float64Array): Generator<number, Fit> {
      const objective = svmObjective(problem, strength);
      // The objective curves at least like ½‖(V, b)‖², so its gradient bounds the distance to the solution.
      const { x, gradientNorm, iterations, converged } = yield* lbfgs(
        (params, gradient) => {
          spent++;
          return objective.evaluate(params, gradient);
        },
        start ?? new Float64Array(outputs * (cols + 1)),
        {
          relativeTolerance: tolerance.relative,
          absoluteTolerance: gradientNoise * strength * countRows(problem.ranges),
          maxIterations: tolerance.maxIterations,
          precondition: () => inverse(() => strength * objective.curvature),
        },
      );
      return { params: x, gradientNorm, iterations, converged };
    },
  };
}

/** The primal objective over V [outputs, cols], then b [outputs]. */
function svmObjective(problem: SvmProblem, strength: number) {
  const { workspace, ranges, truth, scaling, rowWeights } = problem;
  const { outputs, cols, stride, scores, residuals, gradient: product } = workspace;
  const sums = new Float64Array(outputs);
  let bent = 0;

  /** Loss of one row; residuals are rounded before they are summed, as the product will see them. */
  function addRow(i: number, shift: Float64Array): number {
    const weight = rowWeights ? rowWeights[i]! : 1;
    let loss = 0;
    for (let j = 0; j < outputs; j++) {
      const y = isPositive(outputs, j, truth[i]!) ? 1 : -1;
      const missing = Math.max(0, 1 - y * (scores[i * outputs + j]! + shift[j]!));
      if (missing > 0) bent += 2 * weight;
      loss += weight * missing * missing;
      // Adding 0 turns −0 into 0.
      const r = (residuals[i * outputs + j] = fround(-2 * weight * y * missing) + 0);
      sums[j] = sums[j]! + r;
    }
    return loss;
  }

  return {
    /** Writes the gradient and returns the value; yields in between. */
    *evaluate(params: Float64Array, gradient: Float64Array): Steps<number> {
      const shift = placeWeights(workspace, scaling, params);
      product.fill(0);
      sums.fill(0);
      bent = 0;
      const loss = yield* addRows(workspace, ranges, (i) => addRow(i, shift));
      let penalty = 0;
      for (let j = 0; j < outputs; j++) {
        for (let k = 0; k < cols; k++) {
          const v = params[j * cols + k]!;
          const slope = (product[j * stride + k]! - sums[j]! * scaling.mean[k]!) * scaling.inverseScale[k]!;
          gradient[j * cols + k] = v + strength * slope;
          penalty += v * v;
        }
        const b = params[outputs * cols + j]!;
        gradient[outputs * cols + j] = b + strength * sums[j]!;
        penalty += b * b;
      }
      return 0.5 * penalty + strength * loss;
    },
    /** h at the last parameters: the second derivative is about I + C·h·(mean of z·zᵀ) in every output. */
    get curvature() {
      return bent / outputs;
    },
  };
}
