import { describe, expect, it } from 'vitest';
import { probabilitiesOf } from '../heads/index.ts';
import { createRng } from '../linalg/index.ts';
import { finish } from '../linalg/testing.ts';
import { fitPlatt, fitSigmoid } from './platt.ts';

/** Scores whose truth is drawn from 1 ÷ (1 + exp(a·score + b)). */
function draw(n: number, a: number, b: number, seed: number) {
  const rng = createRng(seed);
  const scores = Float64Array.from({ length: n }, () => 8 * (rng.uniform() - 0.5));
  const positive = [...scores].map((f) => rng.uniform() < 1 / (1 + Math.exp(a * f + b)));
  return { scores, positive };
}

describe('fitSigmoid', () => {
  it('finds the sigmoid that the truth was drawn from', () => {
    const { scores, positive } = draw(50_000, -1.5, 0.7, 4);
    const { slope, intercept } = fitSigmoid(scores, (i) => positive[i]!);
    expect(slope).toBeCloseTo(-1.5, 1);
    expect(intercept).toBeCloseTo(0.7, 1);
  });

  it('is optimal: the slopes of its cross-entropy to the smoothed targets vanish', () => {
    for (const [n, a, b] of [
      [12, -1, 0],
      [30, -3, 1],
      [200, -0.2, 2],
      [200, -20, -4],
    ] as const) {
      const { scores, positive } = draw(n, a, b, n);
      const { slope, intercept } = fitSigmoid(scores, (i) => positive[i]!);
      const count = positive.filter(Boolean).length;
      let ga = 0;
      let gb = 0;
      for (const [i, f] of scores.entries()) {
        const target = positive[i] ? (count + 1) / (count + 2) : 1 / (n - count + 2);
        const residual = target - 1 / (1 + Math.exp(slope * f + intercept));
        ga += f * residual;
        gb += residual;
      }
      expect(Math.abs(ga)).toBeLessThan(1e-6 * n);
      expect(Math.abs(gb)).toBeLessThan(1e-6 * n);
    }
  });

  it('stays finite for scores that separate, that are all equal, enormous, or of one side only', () => {
    const n = 40;
    const cases: [Float64Array, (i: number) => boolean][] = [
      [Float64Array.from({ length: n }, (_, i) => i - 20), (i) => i >= 20],
      [new Float64Array(n).fill(3), (i) => i % 2 === 0],
      [Float64Array.from({ length: n }, (_, i) => (i - 20) * 1e12), (i) => i >= 20],
      [Float64Array.from({ length: n }, (_, i) => i), () => false],
      [Float64Array.from({ length: n }, (_, i) => i), () => true],
      [new Float64Array(0), () => true],
    ];
    for (const [scores, isPositive] of cases) {
      const { slope, intercept } = fitSigmoid(scores, isPositive);
      expect(Number.isFinite(slope) && Number.isFinite(intercept)).toBe(true);
    }
  });

  it('never is sure, however well three scores separate', () => {
    const { slope, intercept } = fitSigmoid(Float64Array.of(-5, 5, 6), (i) => i > 0);
    const p = 1 / (1 + Math.exp(slope * 6 + intercept));
    expect(p).toBeGreaterThan(0.5);
    expect(p).toBeLessThan(0.85);
  });
});

it('never turns scores against their label: what looks so is noise, and gets the share of positives', () => {
  const { scores, positive } = draw(60, 1, 0, 4);
  const { slope, intercept } = fitSigmoid(scores, (i) => positive[i]!);
  const positives = positive.filter(Boolean).length;
  expect(slope).toBe(0);
  expect(1 / (1 + Math.exp(intercept))).toBeCloseTo((positives + 1) / 62, 12);
});

describe('fitPlatt', () => {
  it('gives two labels one sigmoid, so that their probabilities are p and 1 − p before any normalising', () => {
    const { scores, positive } = draw(80, -1, 0.5, 9);
    const logits = Float64Array.from({ length: 160 }, (_, at) =>
      at % 2 ? scores[at >> 1]! : -scores[at >> 1]!,
    );
    const truth = Int32Array.from(positive, (is) => (is ? 1 : 0));
    const { slope, intercept } = finish(fitPlatt({ logits, classes: 2, truth }));
    const one = fitSigmoid(scores, (i) => positive[i]!);
    for (const f of [-2, 0.3, 5]) {
      const p = probabilitiesOf([-f, f], { method: 'platt', slope, intercept });
      expect(p[1]).toBeCloseTo(1 / (1 + Math.exp(one.slope * f + one.intercept)), 14);
      expect(p[0]! + p[1]!).toBeCloseTo(1, 15);
    }
  });
});
