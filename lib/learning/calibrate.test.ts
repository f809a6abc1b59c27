import { describe, expect, it } from 'vitest';
import { finish } from '../linalg/testing.ts';
import { calibrate, minPredictions, nestedProbabilities } from './calibrate.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import type { OutOfFold } from './out-of-fold.ts';
import { train } from './testing.ts';

async function outOfFoldOf(kind: 'softmax' | 'svm', n: number, strength: number): Promise<OutOfFold> {
  const problem = makeSynthetic(n, 40, 3, 8, 2.5);
  const { outOfFold } = await train({ ...problem, kind, strength, split: new Array(n).fill('train') });
  return outOfFold!;
}
const names = ['a', 'b', 'c'];

describe.each(['softmax', 'svm'] as const)('calibration of a %s', (kind) => {
  it('is judged by predictions that it was not fitted on', async () => {
    const outOfFold = await outOfFoldOf(kind, 150, 1);
    const honest = finish(nestedProbabilities(outOfFold, kind));
    // A lie about fold 0 moves what the others are given, and nothing that fold 0 is.
    const truth = outOfFold.truth.map((label, i) => (outOfFold.fold[i] === 0 ? (label + 1) % 3 : label));
    const lied = finish(nestedProbabilities({ ...outOfFold, truth }, kind));
    let moved = 0;
    for (const [at, p] of honest.entries())
      if (outOfFold.fold[Math.floor(at / 3)] === 0) expect(lied[at]).toBe(p);
      else if (lied[at] !== p) moved++;
    expect(moved).toBeGreaterThan(100);
  });

  it('mends logits that are far too large', async () => {
    const outOfFold = await outOfFoldOf(kind, 150, 1);
    const large = { ...outOfFold, logits: outOfFold.logits.map((z) => 100 * z) };
    const { report, calibration } = finish(calibrate(large, kind, names));
    expect(report).toMatchObject({ method: calibration.method, from: 'out-of-fold', n: 150, reason: null });
    expect(report.logLossAfter!).toBeLessThan(report.logLossBefore! * 0.6);
    expect(report.ece!).toBeLessThan(report.eceBefore!);
  });

  it('is not made of too few predictions, nor of too few of one label, and says so', async () => {
    const few = await outOfFoldOf(kind, minPredictions - 1, 1);
    const missing = finish(calibrate(few, kind, names));
    expect(missing.calibration).toEqual({ method: 'none' });
    expect(missing.report).toMatchObject({
      from: 'none',
      reason: expect.stringMatching(/needs 50 .* are 49/),
    });
    expect(missing.report.logLossAfter).toBe(missing.report.logLossBefore);
    const enough = await outOfFoldOf(kind, 60, 1);
    const rare = { ...enough, truth: enough.truth.map((label, i) => (label === 2 && i > 5 ? 0 : label)) };
    expect(finish(calibrate(rare, kind, names)).report.reason).toMatch(/"c" has/);
  });
});
