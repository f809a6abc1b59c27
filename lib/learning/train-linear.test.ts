// What a linear training gives: the solution of scikit-learn, the same bits everywhere, a strength and an honest
// judgement; and how it runs.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeLogits, softmax } from '../heads/index.ts';
import type { Split } from './arrange.ts';
import { finalTolerance } from './fit.ts';
import { pinnedDigests, trainPinned } from './fixtures/pinned.ts';
import scikitLearn from './fixtures/scikit-learn.json' with { type: 'json' };
import { makeSynthetic } from './fixtures/synthetic.ts';
import { asHead, everyFourthHeldOut, expectClose, linalg, train, twin } from './testing.ts';

describe('agreement with scikit-learn', () => {
  const fits = scikitLearn.problems.flatMap((problem) => problem.fits.map((fit) => ({ problem, fit })));

  it.each(fits)('$problem.name at C = $fit.strength', async ({ problem, fit }) => {
    const { n, d, classes } = problem;
    const codes = Float32Array.from(problem.codes);
    const result = await train({
      codes,
      labels: Int32Array.from(problem.labels),
      labelNames: Array.from({ length: classes }, (_, j) => `${j}`),
      split: new Array(n).fill('train'),
      strength: fit.strength,
    });
    expect(result.report.converged).toBe(true);
    // Two classes: scikit-learn has one function, the log-odds, which is the difference of our two.
    const rows = (values: Float32Array, width: number) =>
      classes === 2 ? Array.from({ length: width }, (_, k) => values[width + k]! - values[k]!) : [...values];
    expectClose(rows(result.weight, d), fit.coefficients, finalTolerance.relative);
    for (const [j, bias] of rows(result.bias, 1).entries())
      expect(Math.abs(bias - fit.intercept[j]!)).toBeLessThan(
        finalTolerance.relative * (1 + Math.abs(fit.intercept[j]!)),
      );
    const head = asHead(result);
    for (let i = 0; i < n; i++) {
      // Without its temperature, which scikit-learn does not have.
      const probabilities = softmax(computeLogits(head, codes.subarray(i * d, (i + 1) * d)));
      for (let j = 0; j < classes; j++)
        expect(Math.abs(probabilities[j]! - fit.probabilities[i * classes + j]!)).toBeLessThan(2e-4);
    }
  });
});

describe('the same bits', () => {
  it('come from the SIMD kernels and from their twin, and are those of the pinned digest', async () => {
    for (const kind of ['softmax', 'svm'] as const) {
      expect(await trainPinned(linalg, kind)).toBe(pinnedDigests[kind]);
      expect(await trainPinned(twin, kind)).toBe(pinnedDigests[kind]);
    }
  });

  it('come from SIMD kernels and twin for other shapes too', async () => {
    for (const [n, d, classes] of [
      [24, 300, 2],
      [70, 33, 5],
    ] as const) {
      const problem = makeSynthetic(n, d, classes, n);
      for (const kind of ['softmax', 'svm'] as const) {
        const strength = 1e-2;
        expect(await train({ ...problem, kind, strength, linalg: twin })).toEqual(
          await train({ ...problem, kind, strength }),
        );
      }
    }
  });

  it('come from a strength that is given as from the same one found', async () => {
    const problem = makeSynthetic(60, 20, 3, 4);
    const found = await train(problem);
    const given = await train({ ...problem, strength: found.strength });
    expect(given.weight).toEqual(found.weight);
    expect(given.bias).toEqual(found.bias);
    expect(given.report.heldOut).toEqual(found.report.heldOut);
  });

  it('come whoever runs between the iterations', async () => {
    const problem = makeSynthetic(40, 20, 2, 4);
    const paused = await train(problem, { pause: () => new Promise((resolve) => setImmediate(resolve)) });
    expect(paused).toEqual(await train(problem));
  });
});

describe('the strength', () => {
  it('is that of the least out-of-fold log-loss', async () => {
    const { report, strength } = await train(makeSynthetic(80, 20, 2, 9, 3));
    const losses = report.strengths.map(({ logLoss }) => logLoss);
    expect(report.strengths.map((each) => each.strength)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10]);
    const chosen = report.strengths.find((each) => each.strength === strength)!;
    expect(chosen.logLoss).toBeLessThanOrEqual(Math.min(...losses) * 1.0001);
    expect(Math.max(...losses)).toBeGreaterThan(chosen.logLoss * 1.01);
    expect(report.calibration.logLossBefore).toBe(chosen.logLoss);
    expect(report.outOfFold!.logLoss).toBe(report.calibration.logLossAfter);
    expect(report.outOfFold!.n).toBe(60);
  });

  it('is the smallest C where codes say nothing at all', async () => {
    const { labels, labelNames } = makeSynthetic(80, 4, 2, 1);
    const { report } = await train({ codes: new Float32Array(320).fill(3), labels, labelNames });
    expect(report.strength).toBe(1e-5);
  });
});

describe('the held-out split', () => {
  it('is judged by a model that has not seen it', async () => {
    const problem = makeSynthetic(80, 30, 2, 6);
    const split = everyFourthHeldOut(80);
    const honest = await train({ ...problem, strength: 1 });
    // Labels of the held-out examples turned over: who had learnt them would be right again.
    const turned = problem.labels.map((label, i) => (split[i] === 'heldout' ? 1 - label : label));
    const lied = await train({ ...problem, labels: turned, strength: 1 });
    expect(honest.report.heldOut!.accuracy).toBeGreaterThan(0.9);
    expect(lied.report.heldOut!.accuracy).toBeCloseTo(1 - honest.report.heldOut!.accuracy, 12);
    expect(lied.weight).not.toEqual(honest.weight);
  });

  it('may be empty, and the report says so', async () => {
    const problem = makeSynthetic(20, 5, 2, 6);
    const { report } = await train({ ...problem, split: new Array(20).fill('train') });
    expect(report.heldOut).toBeNull();
    expect(report.heldOutReason).toMatch(/held out/);
  });

  it('gives a class to the training split that has no other example, its group with it', async () => {
    const problem = makeSynthetic(21, 5, 3, 6);
    const split = Array.from(
      problem.labels,
      (label, i): Split => (label === 2 || i === 0 ? 'heldout' : 'train'),
    );
    const alone = await train({ ...problem, split });
    expect(alone.report).toMatchObject({ movedToTraining: 7, heldOut: { n: 1 } });
    const groups = Array.from(problem.labels, (_, i) => (i === 0 || i === 2 ? 'burst' : null));
    const together = await train({ ...problem, split, groups });
    expect(together.report).toMatchObject({ movedToTraining: 8, heldOut: null });
  });
});

describe('laws', () => {
  it('renaming the classes renames the head', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom([1, 0], [2, 0, 1], [3, 1, 0, 2]), fc.nat(1000), async (to, seed) => {
        const problem = makeSynthetic(40, 8, to.length, seed);
        // Folds are dealt class by class, so the strength is given: the final fit sees no folds but their order.
        const plain = await train({ ...problem, strength: 0.1 });
        const renamed = await train({ ...problem, labels: problem.labels.map((l) => to[l]!), strength: 0.1 });
        for (const [from, at] of to.entries())
          expectClose(
            [...renamed.weight.subarray(8 * at, 8 * at + 8)],
            [...plain.weight.subarray(8 * from, 8 * from + 8)],
            2e-3,
          );
      }),
      { numRuns: 20 },
    );
  });
});

describe('running', () => {
  it('tells a progress that starts at 0, never falls and ends at 1', async () => {
    const seen: number[] = [];
    await train(makeSynthetic(80, 8, 3, 2), { onProgress: (progress) => seen.push(progress) });
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(1);
    for (let i = 1; i < seen.length; i++) expect(seen[i]!).toBeGreaterThanOrEqual(seen[i - 1]!);
    expect(new Set(seen).size).toBeGreaterThan(50);
  });

  it('stops between two iterations when it is cancelled', async () => {
    const signal = { aborted: false };
    let calls = 0;
    const training = train(makeSynthetic(40, 8, 3, 2), {
      signal,
      onProgress: () => {
        calls++;
        signal.aborted = calls === 5;
      },
    });
    await expect(training).rejects.toMatchObject({ type: 'cancelled' });
    expect(calls).toBe(5);
  });
});
