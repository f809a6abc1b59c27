import { describe, expect, it } from 'vitest';
import { finalTolerance } from './fit.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { expectClose, train } from './testing.ts';
import type { LinearResult } from './train-linear.ts';
import type { LinearTraining } from './training-settings.ts';

const all = makeSynthetic(121, 60, 3, 12, 2);
const without = (count: number) => ({
  labelNames: all.labelNames,
  labels: all.labels.subarray(0, 121 - count),
  codes: all.codes.subarray(0, 60 * (121 - count)),
});
const startOf = (head: LinearResult) => ({ head, strength: head.strength });

describe.each(['softmax', 'svm'] as const)('a warm start of a %s', (kind) => {
  it('keeps strength and calibration, judges no folds, and says so', async () => {
    const before = await train({ ...without(1), kind });
    const { report, calibration, confidence, outOfFold, strength } = await train({
      ...all,
      kind,
      start: startOf(before),
    });
    expect(before.calibration.method).not.toBe('none');
    expect(strength).toBe(before.strength);
    expect(calibration).toEqual(before.calibration);
    expect(confidence).toBe('calibrated');
    expect(outOfFold).toBeNull();
    expect(report).toMatchObject({ strengthFrom: 'kept', strengths: [], folds: 0, outOfFold: null });
    expect(report.outOfFoldReason).toMatch(/warm start/);
    expect(report.calibration).toMatchObject({ from: 'kept', n: 0, ece: null });
    expect(report.heldOut!.n).toBe(30);
  });

  it('ends where a training from zero ends, in fewer iterations', async () => {
    const before = await train({ ...without(1), kind, strength: 0.01 });
    const warm = await train({ ...all, kind, start: startOf(before) });
    const cold = await train({ ...all, kind, strength: 0.01 });
    expect(warm.report.converged).toBe(true);
    expectClose([...warm.weight], [...cold.weight], 4 * finalTolerance.relative);
    expectClose([...warm.bias], [...cold.bias], 10 * finalTolerance.relative);
    expect(warm.report.iterations).toBeLessThan(cold.report.iterations);
    // The calibration that was kept is of one image less.
    expect(Math.abs(warm.report.heldOut!.logLoss - cold.report.heldOut!.logLoss)).toBeLessThan(0.03);
  });

  it('has two classes too', async () => {
    const two = makeSynthetic(60, 80, 2, 2);
    const before = await train({ ...two, kind, strength: 0.01 });
    const again = await train({ ...two, kind, start: startOf(before) });
    expectClose([...again.weight], [...before.weight], 4 * finalTolerance.relative);
    expect(again.report.iterations).toBeLessThan(before.report.iterations);
  });

  it('from an uncalibrated head stays uncalibrated', async () => {
    const few = makeSynthetic(20, 30, 2, 2);
    const before = await train({ ...few, kind });
    const { confidence, report } = await train({ ...few, kind, start: startOf(before) });
    expect(confidence).toBe('uncalibrated');
    expect(report.calibration).toMatchObject({ method: 'none', from: 'none' });
  });

  it('is refused where it does not fit', async () => {
    const before = await train({ ...all, kind, strength: 0.01 });
    const start = startOf(before);
    const cases: Partial<LinearTraining>[] = [
      { start: { ...start, head: { ...before, labels: [...before.labels].reverse() } } },
      { start: { ...start, head: { ...before, kind: kind === 'svm' ? 'softmax' : 'svm' } } },
      { start: { ...start, head: { ...before, dims: 59 } } },
      { start: { ...start, strength: 0 } },
      { start, strength: 1 },
    ];
    for (const changes of cases)
      await expect(train({ ...all, kind, ...changes })).rejects.toMatchObject({ type: 'bad-request' });
  });
});
