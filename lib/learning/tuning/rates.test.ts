import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipFactor } from './clip.ts';
import { headScaleOf, learningRateAt, wholePower } from './learning-rates.ts';
import { moveStatistics } from './running-statistics.ts';
import { scheduleFactor } from './schedule.ts';

describe('scheduleFactor', () => {
  it('rises in a line to 1, then falls to nearly 0, and never is 0 or above 1', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(0, 0.05, 0.1, 0.5, 1),
        (total, warmUp) => {
          const rising = Math.ceil(warmUp * total);
          const factors = Array.from({ length: total }, (_, step) => scheduleFactor(step, total, warmUp));
          factors.forEach((factor, step) => {
            expect(factor).toBeGreaterThan(0);
            expect(factor).toBeLessThanOrEqual(1);
            if (step > 0 && step < rising) expect(factor).toBeGreaterThan(factors[step - 1]!);
            if (step > rising) expect(factor).toBeLessThan(factors[step - 1]!);
          });
          expect(factors[Math.max(0, rising - 1)]).toBe(1);
        },
      ),
    );
  });

  it('is at a half in the middle of the fall', () => {
    expect(scheduleFactor(60, 110, 10 / 110)).toBeCloseTo(0.5, 12);
  });
});

describe('learningRateAt', () => {
  const settings = { learningRate: 0.1, headRatio: 10, depthDecay: 0.5 };

  it('is a tenth of the head’s in the last layer and halves with every layer before it', () => {
    expect([0, 1, 2, 3].map((depth) => learningRateAt(depth, settings))).toEqual([0.1, 0.01, 0.005, 0.0025]);
  });

  it('is the same everywhere with ratio and decay 1', () => {
    const equal = { learningRate: 0.1, headRatio: 1, depthDecay: 1 };
    expect([0, 1, 9].map((depth) => learningRateAt(depth, equal))).toEqual([0.1, 0.1, 0.1]);
  });

  it('takes powers as they are', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 300 }),
        (base, exponent) => {
          expect(wholePower(base, exponent) / base ** exponent).toBeCloseTo(1, 10);
        },
      ),
    );
  });
});

describe('clipFactor', () => {
  it('shortens what is longer than the bound to it, and nothing else', () => {
    expect(clipFactor(Float32Array.of(3, 4), 1)).toBe(0.2);
    expect(clipFactor(Float32Array.of(3, 4), 5)).toBe(1);
    expect(clipFactor(new Float32Array(3), 1)).toBe(1);
  });

  it('says when a gradient is no number', () => {
    expect(clipFactor(Float32Array.of(1, Number.NaN), 1)).toBeNaN();
    expect(clipFactor(Float32Array.of(1, Infinity), 1)).toBeNaN();
  });
});

describe('moveStatistics', () => {
  it('forgets what it began with and comes to what it is shown', () => {
    const running = Float32Array.of(1000);
    moveStatistics(running, Float32Array.of(2), 0, 0.9);
    expect(running[0]).toBe(2);
    moveStatistics(running, Float32Array.of(4), 1, 0.9);
    expect(running[0]).toBe(3);
  });

  it('keeps the momentum’s share later', () => {
    const running = Float32Array.of(1);
    moveStatistics(running, Float32Array.of(2), 1000, 0.75);
    expect(running[0]).toBe(1.25);
  });
});

describe('headScaleOf', () => {
  it('makes a step of the head move a logit as far, whatever the codes add up to', () => {
    const short = headScaleOf(Float32Array.of(5, 5, /**/ -15, 5), 2);
    const long = headScaleOf(
      Float32Array.from({ length: 3000 }, () => 1),
      1500,
    );
    expect(short * 15).toBeCloseTo(long * 1500, 9);
  });

  it('never makes the head faster than its rate', () => {
    expect(headScaleOf(Float32Array.of(0.1, 0.1), 2)).toBe(1);
    expect(headScaleOf(new Float32Array(4), 2)).toBe(1);
  });
});
