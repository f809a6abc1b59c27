// What fitting an open set promises: an honest threshold or none, the same bits everywhere, few bytes, short steps.

import { describe, expect, it } from 'vitest';
import { maxBasisNumbers, type OpenSet, openSetScore, writeHead } from '../heads/index.ts';
import { createRng, type Linalg, shuffle } from '../linalg/index.ts';
import { fitPinned, pinnedOpenSetDigest } from './fixtures/pinned-open-set.ts';
import { makeSynthetic, type Synthetic } from './fixtures/synthetic.ts';
import type { Group } from './folds.ts';
import { fitOpenSet, type OpenSetFit } from './open-set.ts';
import { linalg, twin } from './testing.ts';

function run(
  data: Synthetic,
  { groups, seed = 1, kernels = linalg }: { groups?: Group[]; seed?: number; kernels?: Linalg } = {},
): OpenSetFit {
  const dims = data.codes.length / data.labels.length;
  const steps = fitOpenSet({ ...data, dims, ...(groups && { groups }) }, seed, kernels);
  let last = 0;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) return step.value;
    expect(step.value).toBeGreaterThanOrEqual(last);
    expect(step.value).toBeLessThanOrEqual(1);
    last = step.value;
  }
}

function fitted(...args: Parameters<typeof run>): OpenSet {
  const { openSet, report } = run(...args);
  if (!openSet) throw new Error(report.reason ?? '');
  return openSet;
}

/** The examples of `data` at these rows. */
function pick({ codes, labels, labelNames }: Synthetic, rows: number[]): Synthetic {
  const dims = codes.length / labels.length;
  const picked = new Float32Array(rows.length * dims);
  for (const [to, from] of rows.entries())
    picked.set(codes.subarray(from * dims, (from + 1) * dims), to * dims);
  return { codes: picked, labels: Int32Array.from(rows, (i) => labels[i]!), labelNames };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const dims = 90;
const scoresOf = (openSet: OpenSet, { codes, labels }: Synthetic) =>
  Array.from(labels, (_, i) => openSetScore(openSet, codes.slice(i * dims, (i + 1) * dims)));
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe('the threshold', () => {
  it.each([
    [30, 0],
    [120, 0.01],
    [600, 0.02],
  ])('keeps about 95 in 100 unseen images of the kind, taught by %i', (n, least) => {
    const shares = range(0, 5).map((seed) => {
      const all = makeSynthetic(n + 400, dims, 2, seed);
      const openSet = fitted(pick(all, range(0, n)), { seed });
      const scores = scoresOf(openSet, pick(all, range(n, n + 400)));
      return scores.filter((score) => score > openSet.threshold).length / scores.length;
    });
    expect(mean(shares)).toBeLessThan(0.08);
    expect(mean(shares)).toBeGreaterThanOrEqual(least);
  });

  it('refuses what lies elsewhere', () => {
    const openSet = fitted(makeSynthetic(250, dims, 2, 1));
    const elsewhere = scoresOf(openSet, makeSynthetic(50, dims, 2, 2));
    expect(elsewhere.every((score) => score > openSet.threshold)).toBe(true);
  });

  it('is not fooled by copies once they are known to be of one group', () => {
    const rows = range(0, 60).flatMap((i) => [i, i, i]);
    const copied = pick(makeSynthetic(400, dims, 2, 3), rows);
    const unseen = pick(makeSynthetic(400, dims, 2, 3), range(100, 400));
    const refused = (openSet: OpenSet) =>
      mean(scoresOf(openSet, unseen).map((score) => Number(score > openSet.threshold)));
    expect(refused(fitted(copied))).toBeGreaterThan(0.2);
    expect(refused(fitted(copied, { groups: rows }))).toBeLessThan(0.1);
  });

  it('is that of images as they come, also where a rare label is sampled more often', () => {
    const all = makeSynthetic(8000, dims, 2, 4);
    // Forty of label 0 for each one of label 1.
    const mixture = (from: number, to: number) => range(from, to).filter((i) => i % 2 === 0 || i % 80 === 1);
    const { openSet, report } = run(pick(all, mixture(0, 4000)));
    expect(report.perClass).toMatchObject([{ judged: 462 }, { judged: 50 }]);
    const scores = scoresOf(openSet!, pick(all, mixture(4000, 8000)));
    const refused = mean(scores.map((score) => Number(score > openSet!.threshold)));
    expect(refused).toBeLessThan(0.08);
    expect(refused).toBeGreaterThan(0.02);
  });
});

describe('with few images', () => {
  it.each([1, 2, 4, 8])(
    'of two labels with %i each there is no open set, and the report says why',
    (each) => {
      const { openSet, report } = run(makeSynthetic(2 * each, dims, 2, 1));
      expect(openSet).toBeNull();
      expect(report.reason).toMatch(/needs 20 images/);
    },
  );

  it('of two labels with ten each there is one', () => {
    const { openSet, report } = run(makeSynthetic(20, dims, 2, 1));
    expect(openSet?.threshold).toBeGreaterThan(0);
    expect(report).toMatchObject({ reason: null, judged: 20, refused: 0, folds: 10 });
  });

  it('groups count, not the photos in them', () => {
    const data = makeSynthetic(60, dims, 2, 1);
    const groups = range(0, 60).map((i) => `${Math.floor(i / 6)} of ${i % 2}`);
    expect(run(data, { groups: groups.map((_, i) => `${i % 2} ${i % 12}`) }).openSet).toBeNull();
    expect(run(data, { groups }).openSet?.threshold).toBeGreaterThan(0);
  });

  it('a label of one image is never judged by a model that lacks it', () => {
    const data = makeSynthetic(61, dims, 2, 1);
    const lone = { ...data, labels: data.labels.with(60, 2), labelNames: ['a', 'b', 'lone'] };
    expect(run(lone).report.perClass.map(({ judged }) => judged)).toEqual([30, 30, 0]);
  });

  it.each([
    ['all the same', new Float32Array(40 * dims).fill(0.5)],
    ['zeros', new Float32Array(40 * dims)],
  ])('there is none of codes that are %s', (_, codes) => {
    const { openSet, report } = run({ ...makeSynthetic(40, dims, 2, 1), codes });
    expect(openSet).toBeNull();
    expect(report.reason).toMatch(/hardly differ/);
  });

  it('there is none of codes of a single number', () => {
    expect(run(makeSynthetic(40, 1, 2, 1)).report.reason).toMatch(/another tap/);
  });
});

describe('the fit', () => {
  it('is the same bits with the kernels and with their twin', async () => {
    expect(await fitPinned(linalg)).toBe(pinnedOpenSetDigest);
    expect(await fitPinned(twin)).toBe(pinnedOpenSetDigest);
  });

  it('hardly depends on the order of the examples', () => {
    const data = makeSynthetic(200, dims, 2, 5);
    const shuffled = pick(data, shuffle(range(0, 200), createRng(9)));
    const unseen = makeSynthetic(40, dims, 2, 6);
    const scores = scoresOf(fitted(data), unseen);
    for (const [i, score] of scoresOf(fitted(shuffled), unseen).entries())
      expect(Math.abs(score / scores[i]! - 1)).toBeLessThan(0.1);
  });

  it('hardly depends on the scale of the codes', () => {
    const data = makeSynthetic(100, dims, 2, 5);
    const louder = { ...data, codes: data.codes.map((x) => 1000 * x) };
    const [score, same] = [scoresOf(fitted(data), data), scoresOf(fitted(louder), louder)];
    for (const [i, value] of score.entries()) expect(same[i]! / value).toBeCloseTo(1, 3);
  });

  it('takes the same few bytes for two labels and for five hundred', () => {
    const many = fitted(makeSynthetic(2000, dims, 500, 7));
    const two = fitted(makeSynthetic(2000, dims, 2, 7));
    expect(many.basis.length).toBe(two.basis.length);
    expect(two.basis.length).toBeLessThanOrEqual(maxBasisNumbers);
    const head = (openSet?: OpenSet) =>
      writeHead({
        kind: 'softmax',
        labels: ['a', 'b'],
        dims,
        weight: new Float32Array(2 * dims),
        bias: new Float32Array(2),
        calibration: { method: 'none' },
        ...(openSet && { openSet }),
        codeSpace: '0'.repeat(64),
        backbone: '0'.repeat(64),
      }).length;
    expect(head(two) - head()).toBeLessThan(2 * 64 * dims + 4 * dims + 8 * 65 + 1000);
  });

  it('has fewer directions for longer codes', () => {
    const { openSet } = run(makeSynthetic(220, 4000, 2, 1));
    expect(openSet!.precision.length - 1).toBe(Math.floor(maxBasisNumbers / 4000));
  });
});
