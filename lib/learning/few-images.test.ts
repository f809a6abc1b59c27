// What becomes of heads with very few images in a class: they train, at the default strength, show probabilities that
// nobody calls calibrated, and say why.

import { describe, expect, it } from 'vitest';
import { applyHead } from '../heads/index.ts';
import { minPredictions } from './calibrate.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { asHead, train } from './testing.ts';
import type { LinearTraining } from './training-settings.ts';
import { defaultStrength } from './training-settings.ts';

const dims = 40;

/** counts[j] images of class j, and 30 more of each that no training sees. */
function makeClasses(counts: number[], kind: LinearTraining['kind'], groupSize?: number) {
  const all = makeSynthetic(counts.length * 90, dims, counts.length, 17, 2);
  const rows = counts.flatMap((count, j) => Array.from({ length: count }, (_, i) => i * counts.length + j));
  const codes = Float32Array.from(rows.flatMap((i) => [...all.codes.subarray(dims * i, dims * i + dims)]));
  const labels = Int32Array.from(rows, (i) => all.labels[i]!);
  const groups = groupSize && rows.map((_, at) => `burst ${Math.floor(at / groupSize)}`);
  return {
    training: {
      codes,
      labels,
      labelNames: all.labelNames,
      split: rows.map(() => 'train' as const),
      kind,
      ...(groups && { groups }),
    },
    unseen: Array.from({ length: 30 }, (_, i) =>
      all.codes.subarray(dims * (60 * counts.length + i)).slice(0, dims),
    ),
  };
}

async function trainFew(counts: number[], kind: LinearTraining['kind'], groupSize?: number) {
  const { training, unseen } = makeClasses(counts, kind, groupSize);
  const trained = await train(training);
  const head = asHead(trained);
  const shown = unseen.flatMap((code) => [...applyHead(head, code).probabilities]);
  return { ...trained, shown };
}

describe.each(['softmax', 'svm'] as const)('a %s', (kind) => {
  it.each([
    [[1, 1], 0],
    [[1, 1, 1], 0],
    [[2, 2], 4],
    [[2, 2, 2], 6],
    [[4, 4], 8],
    [[4, 4, 4], 12],
    [[8, 8], 16],
    [[8, 8, 8], 24],
    // A class of one is never judged, and one of two in two folds out of five.
    [[1, 8], 0],
    [[1, 8, 8], 16],
    [[2, 8], 10],
  ])('of %j images is uncalibrated and of the default strength', async (counts, judged) => {
    const { calibration, confidence, strength, report, shown } = await trainFew(counts, kind);
    expect(calibration).toEqual({ method: 'none' });
    expect(confidence).toBe('uncalibrated');
    expect(strength).toBe(defaultStrength);
    expect(report).toMatchObject({ strengthFrom: 'default', converged: true });
    expect(report.calibration).toMatchObject({ method: 'none', from: 'none', n: judged });
    expect(report.calibration.reason).toMatch(judged ? /Add images/ : /two images/);
    expect(report.outOfFold?.n ?? 0).toBe(judged);
    for (const p of shown) expect(p > 0 && p < 1).toBe(true);
    expect(JSON.stringify(report)).not.toMatch(/NaN|Infinity/);
  });

  it.each([1, 2, 4])(
    'with %i images in one class beside larger ones is uncalibrated, and names that class',
    async (count) => {
      const { calibration, report, shown } = await trainFew([count, 60, 60], kind);
      expect(calibration.method).toBe('none');
      expect(report.strengthFrom).toBe('cross-validation');
      expect(report.calibration.reason).toMatch(/"class 0" has/);
      expect(report.neverJudged).toBe(count === 1 ? 1 : 0);
      for (const p of shown) expect(p > 0 && p < 1).toBe(true);
    },
  );

  it('with 8 images in one class beside larger ones is calibrated', async () => {
    const { confidence, report, shown } = await trainFew([8, 60, 60], kind);
    expect(confidence).toBe('calibrated');
    expect(report.calibration).toMatchObject({ from: 'out-of-fold', n: 128, reason: null });
    for (const p of shown) expect(p > 0 && p < 1).toBe(true);
  });

  it('of bursts has as few images as bursts', async () => {
    // 60 images, but each class is one burst: nothing can be judged.
    const one = await trainFew([30, 30], kind, 30);
    expect(one.report).toMatchObject({ folds: 0, strengthFrom: 'default', outOfFold: null });
    expect(one.confidence).toBe('uncalibrated');
    const ten = await trainFew([30, 30], kind, 3);
    expect(ten.report).toMatchObject({ folds: 5, outOfFold: { n: 60 } });
    expect(ten.confidence).toBe('calibrated');
  });

  it(`is calibrated from ${minPredictions} predictions on`, async () => {
    expect((await trainFew([24, 25], kind)).confidence).toBe('uncalibrated');
    expect((await trainFew([25, 25], kind)).confidence).toBe('calibrated');
  });

  it('with a strength that was given keeps it, however few images there are', async () => {
    const { training } = makeClasses([4, 4], kind);
    const { report, calibration } = await train({ ...training, strength: 1 });
    expect(report).toMatchObject({ strength: 1, strengthFrom: 'given', outOfFold: { n: 8 } });
    expect(calibration.method).toBe('none');
  });
});
