import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeMetrics } from './metrics.ts';

const names = ['a', 'b', 'c'];
const judged = fc
  .array(fc.tuple(fc.nat(2), fc.nat(2), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1 })
  .map((rows) => ({
    truth: rows.map(([truth]) => truth),
    judgements: {
      predicted: Int32Array.from(rows, ([, predicted]) => predicted),
      trueProbability: Float64Array.from(rows, ([, , p]) => p),
    },
  }));

describe('computeMetrics', () => {
  it('counts by hand', () => {
    const metrics = computeMetrics(
      {
        predicted: Int32Array.of(0, 0, 1, 1, 0),
        trueProbability: Float64Array.of(1, 0.5, 0.5, 0.25, 0.25),
      },
      [0, 0, 0, 1, 2],
      names,
    );
    expect(metrics.confusion).toEqual([
      [2, 1, 0],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect(metrics.accuracy).toBe(0.6);
    expect(metrics.logLoss).toBeCloseTo((6 * Math.LN2) / 5, 14);
    expect(metrics.perClass[0]).toEqual({
      label: 'a',
      precision: 2 / 3,
      recall: 2 / 3,
      f1: 2 / 3,
      support: 3,
    });
    expect(metrics.perClass[1]).toEqual({ label: 'b', precision: 0.5, recall: 1, f1: 2 / 3, support: 1 });
    expect(metrics.perClass[2]).toEqual({ label: 'c', precision: 0, recall: 0, f1: 0, support: 1 });
  });

  it('keeps the identities between its parts, in numbers that JSON can hold', () => {
    fc.assert(
      fc.property(judged, ({ judgements, truth }) => {
        const { n, accuracy, logLoss, perClass, confusion } = computeMetrics(judgements, truth, names);
        expect(confusion.flat().reduce((a, b) => a + b)).toBe(n);
        expect(perClass.reduce((sum, { support }) => sum + support, 0)).toBe(n);
        const weighted = perClass.reduce((sum, { recall, support }) => sum + recall * support, 0);
        expect(weighted / n).toBeCloseTo(accuracy, 12);
        for (const { precision, recall, f1 } of perClass)
          if (precision + recall > 0)
            expect(f1).toBeCloseTo((2 * precision * recall) / (precision + recall), 12);
          else expect(f1).toBe(0);
        expect(Number.isFinite(logLoss) && logLoss >= 0).toBe(true);
      }),
    );
  });
});
