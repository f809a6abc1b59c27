// The SVM's dual by coordinate descent (Hsieh, Chang, Lin, Keerthi and Sundararajan 2008, "A dual coordinate descent
// method for large-scale linear SVM", algorithm 1 for the L2 loss) on the rows' inner products.
//
//   min over α ≥ 0 of ½ Σ αᵢαⱼyᵢyⱼKᵢⱼ + ½ Σ αᵢ² ÷ (2·C·sᵢ) − Σ αᵢ,   w = Σ αᵢyᵢxᵢ,   K = X·Xᵀ + 1
//
// What is kept up to date is f = K·(α·y), the decision values, not w. A visit costs one comparison unless αᵢ moves, so
// rows that stay at their bound are as good as shrunk away. Rows are visited in a new seeded order in every sweep, and
// the descent ends by the duality gap.

import { createRng, type Rng } from '../linalg/index.ts';
import type { Fit, Tolerance } from './fit.ts';
import { innerProducts } from './inner-products.ts';
import { isPositive, type PreparedSvm, type SvmProblem } from './svm.ts';

/** Of the order of visits. Any will do: the solution does not depend on it, only its last digits do. */
const visitingSeed = 20080;
/** Gap ÷ objective that float64 sums can still tell from none. */
const gapNoise = 1e-12;
/** Coordinates moved between two yields, as a product with the rows: 2²⁴ multiplications, some 20 ms. */
const workPerStep = 2 ** 24;

export function dualSvm(problem: SvmProblem): PreparedSvm {
  const { workspace, ranges, truth } = problem;
  const { outputs, cols } = workspace;
  const rows = Int32Array.from(ranges.flatMap(({ from, to }) => range(from, to)));
  const n = rows.length;
  let products: Float64Array | undefined;

  return {
    solver: 'dual-coordinate-descent',
    *fit(strength: number, tolerance: Tolerance, start?: Float64Array): Generator<number, Fit> {
      products ??= yield* innerProducts(problem, rows);
      const params = new Float64Array(outputs * (cols + 1));
      const quadratic = Float64Array.from(
        rows,
        (row) => 1 / (2 * strength * (problem.rowWeights?.[row] ?? 1)),
      );
      const rng = createRng(visitingSeed);
      let squares = 0;
      let iterations = 0;
      let converged = true;
      for (let j = 0; j < outputs; j++) {
        const y = Float64Array.from(rows, (row) => (isPositive(outputs, j, truth[row]!) ? 1 : -1));
        const dual: Dual = { n, y, quadratic, products, alpha: new Float64Array(n), f: new Float64Array(n) };
        if (start) beginFrom(problem, rows, start, j, dual);
        const fit = yield* descend(dual, tolerance, rng, iterations);
        writeWeights(problem, rows, dual, params, j);
        squares += fit.gradientNorm * fit.gradientNorm;
        iterations += fit.sweeps;
        converged &&= fit.converged;
      }
      return { params, gradientNorm: Math.sqrt(squares), iterations, converged };
    },
  };
}

/** One label against the rest: all arrays [n], products [n, n]. */
interface Dual {
  n: number;
  y: Float64Array;
  /** 1 ÷ (2·C·s). */
  quadratic: Float64Array;
  products: Float64Array;
  alpha: Float64Array;
  /** K·(α·y). */
  f: Float64Array;
}

/**
 * Descends until √(2·gap) and then the primal gradient are ≤ relative·‖(w, b)‖. The first bounds the distance of
 * (w, b) from the solution already and costs next to nothing; the second is what every solver here promises.
 */
function* descend(dual: Dual, tolerance: Tolerance, rng: Rng, sweepsBefore: number) {
  const { n, y, quadratic, products, alpha, f } = dual;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let sweeps = 0;
  let work = 0;
  let norm = 0;
  const isDone = () => {
    const { gap, squaredNorm, objective } = measure(dual);
    const enough = Math.max(tolerance.relative * tolerance.relative * squaredNorm, gapNoise * objective);
    if (2 * gap > enough) return false;
    norm = gradientNorm(dual);
    return norm * norm <= enough;
  };
  let converged = isDone();
  while (!converged && sweeps < tolerance.maxIterations) {
    shuffleRows(order, rng);
    for (const i of order) {
      const slope = y[i]! * f[i]! - 1 + alpha[i]! * quadratic[i]!;
      const at = i * n;
      const next = Math.max(0, alpha[i]! - slope / (products[at + i]! + quadratic[i]!));
      const move = (next - alpha[i]!) * y[i]!;
      if (move === 0) continue;
      alpha[i] = next;
      for (let k = 0; k < n; k++) f[k] = f[k]! + move * products[at + k]!;
      work += n;
      if (work < workPerStep) continue;
      work = 0;
      yield sweepsBefore + sweeps;
    }
    sweeps++;
    converged = isDone();
    yield sweepsBefore + sweeps;
  }
  return { sweeps, converged, gradientNorm: converged ? norm : gradientNorm(dual) };
}

/** Primal objective at w(α) minus dual objective at α. */
function measure({ n, y, quadratic, alpha, f }: Dual) {
  let squaredNorm = 0;
  let loss = 0;
  let linear = 0;
  let ridge = 0;
  for (let i = 0; i < n; i++) {
    const missing = Math.max(0, 1 - y[i]! * f[i]!);
    squaredNorm += alpha[i]! * y[i]! * f[i]!;
    loss += (missing * missing) / (2 * quadratic[i]!);
    linear += alpha[i]!;
    ridge += alpha[i]! * alpha[i]! * quadratic[i]!;
  }
  const objective = 0.5 * squaredNorm + loss;
  return { squaredNorm, objective, gap: objective - (linear - 0.5 * (squaredNorm + ridge)) };
}

/** ‖∇‖ of the primal objective: of Σ (αᵢ − missingᵢ ÷ quadraticᵢ)·yᵢxᵢ, by the inner products. */
function gradientNorm({ n, y, quadratic, products, alpha, f }: Dual): number {
  const off = alpha.map((a, i) => (a - Math.max(0, 1 - y[i]! * f[i]!) / quadratic[i]!) * y[i]!);
  let square = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += off[k]! * products[i * n + k]!;
    square += off[i]! * sum;
  }
  return Math.sqrt(Math.max(0, square));
}

/**
 * α from parameters: at the solution αᵢ = 2·C·sᵢ·max(0, 1 − yᵢf(xᵢ)). Then all of it by the one factor that lowers
 * the dual most, which makes the solution of another strength a good start as well.
 */
function beginFrom(problem: SvmProblem, rows: Int32Array, params: Float64Array, j: number, dual: Dual): void {
  const { n, y, quadratic, products, alpha, f } = dual;
  const values = decisionValues(problem, rows, params, j);
  for (let i = 0; i < n; i++) {
    const move = (alpha[i] = Math.max(0, 1 - y[i]! * values[i]!) / quadratic[i]!) * y[i]!;
    if (move !== 0) for (let k = 0; k < n; k++) f[k] = f[k]! + move * products[i * n + k]!;
  }
  const { squaredNorm } = measure(dual);
  const linear = alpha.reduce((sum, a) => sum + a, 0);
  const curvature = squaredNorm + alpha.reduce((sum, a, i) => sum + a * a * quadratic[i]!, 0);
  const factor = curvature > 0 ? linear / curvature : 0;
  for (let i = 0; i < n; i++) {
    alpha[i] = factor * alpha[i]!;
    f[i] = factor * f[i]!;
  }
}

function decisionValues(
  { workspace, scaling }: SvmProblem,
  rows: Int32Array,
  params: Float64Array,
  j: number,
) {
  const { x, stride, cols, outputs } = workspace;
  const w = Float64Array.from({ length: cols }, (_, k) => params[j * cols + k]! * scaling.inverseScale[k]!);
  let constant = params[outputs * cols + j]!;
  for (let k = 0; k < cols; k++) constant -= w[k]! * scaling.mean[k]!;
  return Float64Array.from(rows, (row) => {
    let sum = constant;
    for (let k = 0; k < cols; k++) sum += w[k]! * x[row * stride + k]!;
    return sum;
  });
}

/** w = Σ αᵢyᵢxᵢ and b = Σ αᵢyᵢ, into the parameters of output j. */
function writeWeights(
  problem: SvmProblem,
  rows: Int32Array,
  dual: Dual,
  params: Float64Array,
  j: number,
): void {
  const { x, stride, cols, outputs } = problem.workspace;
  const { mean, inverseScale } = problem.scaling;
  const w = params.subarray(j * cols, (j + 1) * cols);
  let b = 0;
  for (const [i, row] of rows.entries()) {
    const factor = dual.alpha[i]! * dual.y[i]!;
    if (factor === 0) continue;
    b += factor;
    for (let k = 0; k < cols; k++) w[k] = w[k]! + factor * x[row * stride + k]!;
  }
  for (let k = 0; k < cols; k++) w[k] = (w[k]! - b * mean[k]!) * inverseScale[k]!;
  params[outputs * cols + j] = b;
}

function shuffleRows(order: Int32Array, rng: Rng): void {
  for (let i = order.length - 1; i > 0; i--) {
    const other = rng.below(i + 1);
    const held = order[i]!;
    order[i] = order[other]!;
    order[other] = held;
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
