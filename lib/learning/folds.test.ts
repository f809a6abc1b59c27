import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Group, makeFolds, maxFolds } from './folds.ts';

const datasets = fc.record({
  labels: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 80 }),
  seed: fc.nat(),
});

const groupedDatasets = datasets.chain(({ labels, seed }) =>
  fc.record({
    labels: fc.constant(labels),
    seed: fc.constant(seed),
    groups: fc.array(fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }), {
      minLength: labels.length,
      maxLength: labels.length,
    }) as fc.Arbitrary<Group[]>,
  }),
);

function members(fold: Int32Array, of: number): number[] {
  return [...fold.keys()].filter((i) => fold[i] === of);
}

describe('makeFolds', () => {
  it('gives each example at most one fold, and leaves no fold empty', () => {
    fc.assert(
      fc.property(groupedDatasets, ({ labels, groups, seed }) => {
        const { count, fold } = makeFolds(labels, groups, seed);
        expect(count).toBeLessThanOrEqual(maxFolds);
        expect(count).not.toBe(1);
        for (let f = 0; f < count; f++) expect(members(fold, f)).not.toEqual([]);
        for (const f of fold) expect(f >= -1 && f < count).toBe(true);
      }),
    );
  });

  it('never puts a group on both sides of a fold', () => {
    fc.assert(
      fc.property(groupedDatasets, ({ labels, groups, seed }) => {
        const { fold } = makeFolds(labels, groups, seed);
        const of = new Map<Group, number>();
        groups.forEach((group, i) => {
          if (group === null) return;
          expect(of.get(group) ?? fold[i]).toBe(fold[i]);
          of.set(group, fold[i]!);
        });
      }),
    );
  });

  it('keeps every class in what each fold is judged by', () => {
    fc.assert(
      fc.property(groupedDatasets, ({ labels, groups, seed }) => {
        const { count, fold } = makeFolds(labels, groups, seed);
        for (let f = 0; f < count; f++) {
          const trained = new Set(labels.filter((_, i) => fold[i] !== f));
          expect(trained).toEqual(new Set(labels));
        }
      }),
    );
  });

  it('is stratified without groups: classes and sizes differ by one at most', () => {
    fc.assert(
      fc.property(datasets, ({ labels, seed }) => {
        const { count, fold } = makeFolds(labels, undefined, seed);
        if (!count) return;
        const spread = (counts: number[]) => Math.max(...counts) - Math.min(...counts);
        const folds = Array.from({ length: count }, (_, f) => members(fold, f));
        expect(spread(folds.map((each) => each.length))).toBeLessThanOrEqual(1);
        for (const label of new Set(labels))
          expect(
            spread(folds.map((each) => each.filter((i) => labels[i] === label).length)),
          ).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('judges every example of a class that has two, whatever the others have', () => {
    const labels = [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2];
    const { count, fold } = makeFolds(labels, undefined, 3);
    expect(count).toBe(2);
    expect([...fold.subarray(0, 12)].every((f) => f >= 0)).toBe(true);
  });

  it('never judges the one image of a class', () => {
    const { count, fold } = makeFolds([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2], undefined, 1);
    expect(count).toBe(5);
    expect(fold[10]).toBe(-1);
    expect(members(fold, -1)).toEqual([10]);
  });

  it('never judges a class whose images are one burst', () => {
    const { fold } = makeFolds([0, 0, 0, 1, 1, 1, 2, 2], [1, 2, 3, 4, 5, 6, 'burst', 'burst'], 1);
    expect(members(fold, -1)).toEqual([6, 7]);
  });

  it('makes none where fewer than two classes could be judged', () => {
    expect(makeFolds([0, 1], undefined, 1).count).toBe(0);
    expect(makeFolds([0, 0, 0, 1], undefined, 1).count).toBe(0);
    expect(makeFolds([0, 0, 1, 1], ['a', 'a', 'b', 'b'], 1).count).toBe(0);
  });

  it('deals the same for the same seed and otherwise for another', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(makeFolds(labels, undefined, 1)).toEqual(makeFolds(labels, undefined, 1));
    expect(makeFolds(labels, undefined, 1)).not.toEqual(makeFolds(labels, undefined, 2));
  });
});
