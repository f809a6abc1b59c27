import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../linalg/index.ts';
import { sampleExamples } from './sample.ts';

const datasets = fc
  .array(fc.record({ label: fc.nat(4), unit: fc.nat(30) }), { minLength: 1, maxLength: 120 })
  .map((rows) => ({
    examples: rows.map((_, i) => i),
    labels: rows.map(({ label }) => label),
    units: rows.map(({ unit }) => `unit ${unit}`),
  }));

describe('a sample', () => {
  it('keeps every label at its share or above, and groups together', () => {
    fc.assert(
      fc.property(datasets, fc.double({ min: 0.05, max: 1, noNaN: true }), fc.nat(), (set, share, seed) => {
        const { examples, labels, units } = set;
        const sample = sampleExamples(examples, labels, units, share, createRng(seed));
        expect(sample).toEqual([...new Set(sample)].sort((a, b) => a - b));
        const chosen = new Set(sample.map((i) => units[i]!));
        expect(sample).toEqual(examples.filter((i) => chosen.has(units[i]!)));
        for (const label of new Set(labels)) {
          const count = (rows: number[]) => rows.filter((i) => labels[i] === label).length;
          expect(count(sample)).toBeGreaterThanOrEqual(Math.floor(share * count(examples)));
        }
      }),
    );
  });

  it('is about as large as was asked for where photos stand alone', () => {
    const examples = Array.from({ length: 400 }, (_, i) => i);
    const labels = examples.map((i) => i % 4);
    const units = examples.map(String);
    expect(sampleExamples(examples, labels, units, 0.25, createRng(1))).toHaveLength(100);
  });
});
