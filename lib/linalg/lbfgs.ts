// L-BFGS: minimises a smooth convex function from its values and gradients (Nocedal and Wright, Numerical
// Optimization, algorithms 7.4 and 7.5). A generator, so that the caller decides when to pause, report or stop; an
// objective that takes long yields too. The line search is in line-search.ts.

import { searchLine } from './line-search.ts';
import { relay, type Steps } from './steps.ts';

/** Writes the gradient at `x` into `gradient` and returns the value; in steps, if it takes long. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number | Steps<number>;

/** Replaces a vector by about the inverse of the objective's second derivative times it: symmetric, positive. */
export type InverseCurvature = (vector: Float64Array) => void;

export interface LbfgsOptions {
  /** Converged when ‖gradient‖₂ ≤ max(relativeTolerance·‖x‖₂, absoluteTolerance). */
  relativeTolerance: number;
  absoluteTolerance: number;
  maxIterations: number;
  /** Pairs of steps and gradient changes that stand for the curvature. */
  history?: number;
  /**
   * Asked before every iteration for what is known of the curvature beyond those pairs (their H₀, up to a factor,
   * which the newest pair gives); undefined as long as nothing is. May change from one iteration to the next.
   */
  precondition?: () => Steps<InverseCurvature | undefined>;
}

export interface LbfgsResult {
  x: Float64Array;
  value: number;
  /** At `x`. */
  gradient: Float64Array;
  gradientNorm: number;
  iterations: number;
  evaluations: number;
  /** False when iterations ran out, or the arithmetic allowed no further descent before the tolerance was met. */
  converged: boolean;
}

/**
 * Minimises from `start` (left as it is); yields the number of iterations done, once an iteration and wherever the
 * objective yields.
 */
export function* lbfgs(
  objective: Objective,
  start: Float64Array,
  options: LbfgsOptions,
): Generator<number, LbfgsResult> {
  const { relativeTolerance, absoluteTolerance, maxIterations, history = 10, precondition } = options;
  const memory = new Curvature(start.length, history);
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let nextX = new Float64Array(x.length);
  let nextGradient = new Float64Array(x.length);
  const direction = new Float64Array(x.length);
  let iterations = 0;
  let evaluations = 0;
  function* evaluate(at: Float64Array, slopes: Float64Array): Generator<number, number> {
    evaluations++;
    const value = objective(at, slopes);
    return typeof value === 'number' ? value : yield* relay(value, () => iterations);
  }
  let value = yield* evaluate(x, gradient);
  const norm = () => Math.sqrt(dot(gradient, gradient));
  const isConverged = () => norm() <= Math.max(relativeTolerance * Math.sqrt(dot(x, x)), absoluteTolerance);
  let converged = isConverged();
  while (!converged && iterations < maxIterations) {
    const inverse = precondition ? yield* relay(precondition(), () => iterations) : undefined;
    memory.direction(gradient, direction, inverse);
    const slope = dot(gradient, direction);
    const first = memory.size || inverse ? 1 : Math.min(1, 1 / norm());
    const step = yield* searchLine(value, slope, first, function* (length) {
      for (let i = 0; i < x.length; i++) nextX[i] = x[i]! + length * direction[i]!;
      const nextValue = yield* evaluate(nextX, nextGradient);
      return { value: nextValue, slope: dot(nextGradient, direction) };
    });
    if (!step) {
      // Rounding hides the descent. Old curvature may be to blame: try once more along the gradient itself.
      if (!memory.size) break;
      memory.clear();
      continue;
    }
    memory.push(x, nextX, gradient, nextGradient);
    [x, nextX] = [nextX, x];
    [gradient, nextGradient] = [nextGradient, gradient];
    value = step.value;
    iterations++;
    converged = isConverged();
    yield iterations;
  }
  return { x, value, gradient, gradientNorm: norm(), iterations, evaluations, converged };
}

/** The last pairs s = Δx, y = Δgradient, as a ring, and the two-loop recursion over them. */
class Curvature {
  size = 0;
  #next = 0;
  readonly #s: Float64Array[] = [];
  readonly #y: Float64Array[] = [];
  readonly #rho: Float64Array;
  readonly #alpha: Float64Array;
  readonly #scratch: Float64Array;

  constructor(length: number, history: number) {
    for (let i = 0; i < history; i++) {
      this.#s.push(new Float64Array(length));
      this.#y.push(new Float64Array(length));
    }
    this.#rho = new Float64Array(history);
    this.#alpha = new Float64Array(history);
    this.#scratch = new Float64Array(length);
  }

  clear(): void {
    this.size = 0;
  }

  push(x: Float64Array, nextX: Float64Array, gradient: Float64Array, nextGradient: Float64Array): void {
    const s = this.#s[this.#next]!;
    const y = this.#y[this.#next]!;
    for (let i = 0; i < s.length; i++) {
      s[i] = nextX[i]! - x[i]!;
      y[i] = nextGradient[i]! - gradient[i]!;
    }
    const sy = dot(s, y);
    // A pair without positive curvature, which only rounding can make here, would spoil the descent.
    if (!(sy > 0)) return;
    this.#rho[this.#next] = 1 / sy;
    this.#next = (this.#next + 1) % this.#s.length;
    this.size = Math.min(this.size + 1, this.#s.length);
  }

  /** out = −H·gradient. */
  direction(gradient: Float64Array, out: Float64Array, inverse?: InverseCurvature): void {
    for (let i = 0; i < out.length; i++) out[i] = -gradient[i]!;
    const slots = this.#s.length;
    for (let age = 1; age <= this.size; age++) {
      const at = (this.#next - age + slots) % slots;
      const alpha = this.#rho[at]! * dot(this.#s[at]!, out);
      this.#alpha[at] = alpha;
      addScaled(out, -alpha, this.#y[at]!);
    }
    inverse?.(out);
    if (!this.size) return;
    const scale = this.#scale(inverse);
    for (let i = 0; i < out.length; i++) out[i] = out[i]! * scale;
    for (let age = this.size; age >= 1; age--) {
      const at = (this.#next - age + slots) % slots;
      const beta = this.#rho[at]! * dot(this.#y[at]!, out);
      addScaled(out, this.#alpha[at]! - beta, this.#s[at]!);
    }
  }

  /** The factor by which H₀ would have foretold the newest step along its gradient change: sᵀy ÷ yᵀH₀y. */
  #scale(inverse?: InverseCurvature): number {
    const newest = (this.#next - 1 + this.#s.length) % this.#s.length;
    const y = this.#y[newest]!;
    const foretold = this.#scratch;
    foretold.set(y);
    inverse?.(foretold);
    return 1 / (this.#rho[newest]! * dot(y, foretold));
  }
}

/** Four sums in a fixed order: faster than one, and the same everywhere. */
function dot(a: Float64Array, b: Float64Array): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  // A bound that is a number of its own: with `i + 4 <= a.length` V8 takes several times as long.
  const fours = a.length & ~3;
  for (; i < fours; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < a.length; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
}

function addScaled(out: Float64Array, factor: number, values: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = out[i]! + factor * values[i]!;
}
