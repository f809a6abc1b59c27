import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng, type LbfgsOptions, lbfgs, type Objective } from './index.ts';

const options: LbfgsOptions = { relativeTolerance: 1e-9, absoluteTolerance: 1e-9, maxIterations: 2000 };

function minimise(objective: Objective, start: Float64Array, changes: Partial<LbfgsOptions> = {}) {
  const steps = lbfgs(objective, start, { ...options, ...changes });
  let yielded = 0;
  for (let step = steps.next(); ; step = steps.next(), yielded++)
    if (step.done) return { ...step.value, yielded };
}

/** Σ scaleᵢ·(xᵢ − centreᵢ)², coupled by a fixed rotation of neighbours. */
function quadratic(scales: number[], centre: number[]): Objective {
  return (x, gradient) => {
    let value = 0;
    gradient.fill(0);
    for (let i = 0; i < x.length; i++) {
      const next = (i + 1) % x.length;
      const d = x[i]! - centre[i]! + 0.5 * (x[next]! - centre[next]!);
      value += scales[i]! * d * d;
      gradient[i] = gradient[i]! + 2 * scales[i]! * d;
      gradient[next] = gradient[next]! + scales[i]! * d;
    }
    return value;
  };
}

describe('lbfgs', () => {
  it('finds the minimum of convex quadratics whose curvatures differ a thousandfold', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), (n, seed) => {
        const rng = createRng(seed);
        const scales = Array.from({ length: n }, () => 10 ** (3 * rng.uniform()));
        const centre = Array.from({ length: n }, () => 10 * (rng.uniform() - 0.5));
        const result = minimise(quadratic(scales, centre), new Float64Array(n));
        expect(result.converged).toBe(true);
        for (const [i, at] of centre.entries()) expect(result.x[i]).toBeCloseTo(at, 5);
      }),
      { numRuns: 60 },
    );
  });

  it('walks the curved valley of Rosenbrock, which is not even convex', () => {
    const rosenbrock: Objective = ([x, y], gradient) => {
      const d = y! - x! * x!;
      gradient[0] = -2 * (1 - x!) - 400 * x! * d;
      gradient[1] = 200 * d;
      return (1 - x!) ** 2 + 100 * d * d;
    };
    const result = minimise(rosenbrock, Float64Array.of(-1.2, 1), { history: 5 });
    expect(result.converged).toBe(true);
    expect(result.x[0]).toBeCloseTo(1, 6);
    expect(result.x[1]).toBeCloseTo(1, 6);
  });

  it('yields once an iteration and leaves the start as it was', () => {
    const start = Float64Array.of(3, -2);
    const result = minimise(quadratic([1, 5], [1, 1]), start);
    expect(result.yielded).toBe(result.iterations);
    expect(start).toEqual(Float64Array.of(3, -2));
  });

  it('yields wherever the objective does, and finds the same', () => {
    const plain = quadratic([1, 50], [1, 1]);
    const slow: Objective = function* (x, gradient) {
      yield;
      yield;
      return plain(x, gradient) as number;
    };
    const [a, b] = [minimise(plain, Float64Array.of(3, -2)), minimise(slow, Float64Array.of(3, -2))];
    expect(b.x).toEqual(a.x);
    expect(b.yielded).toBe(b.iterations + 2 * b.evaluations);
  });

  it('needs one step where it is told the curvature, and no factor of it matters', () => {
    const scales = [1, 1e4, 1e-3];
    const bowl: Objective = (x, gradient) => {
      for (let i = 0; i < 3; i++) gradient[i] = scales[i]! * (x[i]! - 1);
      return x.reduce((sum, value, i) => sum + 0.5 * scales[i]! * (value - 1) ** 2, 0);
    };
    for (const factor of [1, 0.3, 7]) {
      const precondition = function* () {
        return (vector: Float64Array) => {
          for (let i = 0; i < 3; i++) vector[i] = (factor * vector[i]!) / scales[i]!;
        };
      };
      const result = minimise(bowl, new Float64Array(3), { precondition });
      expect(result.converged).toBe(true);
      expect(result.iterations).toBeLessThanOrEqual(factor === 1 ? 1 : 2);
    }
  });

  it('does nothing at the minimum', () => {
    const result = minimise(quadratic([1, 5], [1, 1]), Float64Array.of(1, 1));
    expect(result).toMatchObject({ converged: true, iterations: 0, evaluations: 1 });
  });

  it('says so when iterations run out', () => {
    const result = minimise(quadratic([1, 1000, 10], [1, 2, 3]), new Float64Array(3), { maxIterations: 2 });
    expect(result).toMatchObject({ converged: false, iterations: 2 });
  });

  it('ends, not converged, where rounding leaves no descent', () => {
    const coarse: Objective = (x, gradient) => {
      gradient[0] = -1;
      return Math.round(x[0]! ** 2);
    };
    expect(minimise(coarse, Float64Array.of(5)).converged).toBe(false);
  });
});
