import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placesFor, sampleExamples } from './open-set-sample.ts';

const labellings = fc
  .record({ n: fc.integer({ min: 1, max: 300 }), classes: fc.integer({ min: 1, max: 40 }), seed: fc.nat() })
  .chain(({ n, classes, seed }) =>
    fc
      .array(fc.nat(classes - 1), { minLength: n, maxLength: n })
      .map((labels) => ({ labels: Int32Array.from(labels), classes, seed })),
  );

describe('sampleExamples', () => {
  it('takes everything that fits, each example for itself', () => {
    const { rows, weights } = sampleExamples(Int32Array.of(0, 1, 0), 2, 1, 3);
    expect(rows).toEqual([0, 1, 2]);
    expect(weights).toEqual(Float64Array.of(1, 1, 1));
  });

  it('takes distinct examples, as many as may be, and each stands for its share of the label', () => {
    fc.assert(
      fc.property(labellings, fc.integer({ min: 1, max: 100 }), ({ labels, classes, seed }, most) => {
        const { rows, weights } = sampleExamples(labels, classes, seed, most);
        expect(rows.length).toBe(Math.min(most, labels.length));
        expect([...new Set(rows)].sort((a, b) => a - b)).toEqual(rows);
        const seen = new Set(rows.map((i) => labels[i]!));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        expect(total).toBeCloseTo(labels.filter((label) => seen.has(label)).length, 9);
      }),
    );
  });

  it('sees every label while half of the places are enough for all', () => {
    fc.assert(
      fc.property(labellings, ({ labels, classes, seed }) => {
        const { rows } = sampleExamples(labels, classes, seed, 80);
        expect(new Set(rows.map((i) => labels[i]!))).toEqual(new Set(labels));
      }),
    );
  });
});

it('places are fewer for longer codes, and never too few to judge by', () => {
  expect([70, 1344, 2048, 4096, 65_536].map(placesFor)).toEqual([512, 512, 512, 256, 32]);
});
