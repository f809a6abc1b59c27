import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectedCalibrationError } from './calibration-error.ts';

const predictions = fc.array(
  fc.record({ confidence: fc.constantFrom(0.5, 0.6, 0.7, 0.8, 0.9, 1), right: fc.constantFrom(0, 1) }),
  { minLength: 1, maxLength: 60 },
);
const errorOf = (list: { confidence: number; right: number }[], bins?: number) =>
  expectedCalibrationError(
    Float64Array.from(list, ({ confidence }) => confidence),
    list.map(({ right }) => right),
    bins,
  );

describe('expectedCalibrationError', () => {
  it('is the mean distance of confidence and accuracy over bins of equal mass', () => {
    const confidence = Float64Array.of(0.95, 0.55, 0.9, 0.6);
    expect(expectedCalibrationError(confidence, [1, 0, 1, 1], 2)).toBeCloseTo((0.075 + 0.075) / 2, 12);
    expect(expectedCalibrationError(confidence, [1, 0, 1, 1], 1)).toBeCloseTo(0, 12);
  });

  it('is 0 without examples, and for confidences that are always right at 1', () => {
    expect(expectedCalibrationError(new Float64Array(0), [])).toBe(0);
    expect(expectedCalibrationError(new Float64Array(25).fill(1), new Uint8Array(25).fill(1))).toBe(0);
  });

  it('does not depend on the order, with ties across the bins and all', () => {
    fc.assert(
      fc.property(predictions, fc.integer({ min: 1, max: 12 }), (list, bins) => {
        expect(errorOf([...list].reverse(), bins)).toBeCloseTo(errorOf(list, bins), 12);
      }),
    );
  });

  it('is between the distance of the means and the mean of the distances', () => {
    fc.assert(
      fc.property(predictions, (list) => {
        const mean = list.reduce((sum, { confidence, right }) => sum + confidence - right, 0) / list.length;
        const most =
          list.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0) / list.length;
        expect(errorOf(list)).toBeGreaterThanOrEqual(Math.abs(mean) - 1e-12);
        expect(errorOf(list)).toBeLessThanOrEqual(most + 1e-12);
      }),
    );
  });
});
