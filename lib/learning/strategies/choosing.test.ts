// The decisions: of a place on the ladder, of an arithmetic, of a strategy.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attempt, best } from './auto.ts';
import { compareArithmetics } from './choose-program.ts';
import { chooseRung } from './choose-rung.ts';
import { paired } from './paired.ts';
import { signTest } from './sign-test.ts';

/** A candidate with these losses, each example a unit. */
const candidate = (losses: number[], multiplyAdds: number) => ({
  multiplyAdds,
  judged: {
    losses: Float64Array.from(losses),
    right: new Uint8Array(losses.length),
    units: losses.map((_, i) => String(i)),
    logLoss: losses.reduce((a, b) => a + b, 0) / losses.length,
    accuracy: 0,
    strength: 1,
  },
});
const wavy = (level: number, phase: number) =>
  Array.from({ length: 60 }, (_, i) => level + 0.1 * Math.sin(i * phase));

describe('the place of a head', () => {
  const usual = candidate(wavy(0.5, 1), 100);

  it('is the usual one where no other is better by more than chance', () => {
    const lucky = candidate(wavy(0.499, 2), 10);
    expect(chooseRung([usual, lucky], usual)).toBe(usual);
  });

  it('is a better one, and of two that are equally good the cheaper', () => {
    const good = candidate(wavy(0.3, 2), 80);
    const cheap = candidate(wavy(0.301, 2.1), 20);
    const bad = candidate(wavy(0.7, 2), 1);
    expect(chooseRung([usual, good, cheap, bad], usual)).toBe(cheap);
    expect(chooseRung([usual, good, bad], usual)).toBe(good);
  });

  it('is never one that was judged worse than the usual', () => {
    const losses = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(losses, fc.array(fc.tuple(losses, fc.nat()), { maxLength: 5 }), (mine, others) => {
        const first = candidate(mine, 50);
        const all = [first, ...others.map(([values, cost]) => candidate(values, cost))];
        const chosen = chooseRung(all, first);
        expect(chosen.judged.logLoss).toBeLessThanOrEqual(first.judged.logLoss);
      }),
    );
  });
});

describe('a paired difference', () => {
  it('has the standard error of the mean where every example is a unit', () => {
    const { difference, standardError } = paired([1, 0, 1, 1], [0, 0, 0, 1], ['a', 'b', 'c', 'd']);
    expect(difference).toBeCloseTo(0.5);
    expect(standardError).toBeCloseTo(0.25);
  });

  it('counts a burst of photos as one observation', () => {
    const [a, b] = [
      [1, 1, 1, 0, 0, 0],
      [0, 0, 0, 0, 0, 0],
    ];
    const alone = paired(a!, b!, ['1', '2', '3', '4', '5', '6']);
    const bursts = paired(a!, b!, ['x', 'x', 'x', 'y', 'y', 'y']);
    expect(bursts.difference).toBe(alone.difference);
    expect(bursts.standardError).toBeGreaterThan(1.5 * alone.standardError);
  });
});

it('the sign test is that of a fair coin', () => {
  expect(signTest(0, 5)).toBeCloseTo(1);
  expect(signTest(5, 5)).toBeCloseTo(1 / 32);
  expect(signTest(3, 4)).toBeCloseTo(5 / 16);
  expect(signTest(0, 0)).toBeCloseTo(1);
});

describe('integers', () => {
  /** Logits of `n` examples of class 0, of which the first `wrong` are named 1. */
  const scored = (n: number, wrong: number) => ({
    logits: Float64Array.from({ length: 2 * n }, (_, i) => +(i % 2 === +(i >> 1 < wrong))),
    classes: 2,
    truth: new Int32Array(n),
  });

  it('do not suffer if they are right as often, or one of few wrong more', () => {
    expect(compareArithmetics(scored(100, 3), scored(100, 3)).suffers).toBe(false);
    expect(compareArithmetics(scored(100, 2), scored(100, 3)).suffers).toBe(false);
    expect(compareArithmetics(scored(100, 4), scored(100, 3)).suffers).toBe(false);
  });

  it('suffer by more than half a point, or by more than chance', () => {
    expect(compareArithmetics(scored(100, 5), scored(100, 3)).suffers).toBe(true);
    expect(compareArithmetics(scored(1000, 8), scored(1000, 2)).suffers).toBe(true);
    expect(compareArithmetics(scored(2000, 9), scored(2000, 4))).toMatchObject({
      examples: 2000,
      onlyThis: 0,
      onlyFloat32: 5,
      suffers: true,
    });
  });
});

describe('what auto publishes', () => {
  const outcome = fc.array(fc.tuple(fc.constantFrom(0, 1), fc.double({ min: 0, max: 5, noNaN: true })), {
    minLength: 6,
    maxLength: 6,
  });
  const attemptOf = (strategy: Attempt['strategy'], figures: [number, number][] | null): Attempt => ({
    strategy,
    trained: null,
    heldOut: figures && {
      right: Uint8Array.from(figures, ([right]) => right),
      losses: Float64Array.from(figures, ([, loss]) => loss),
    },
    reason: null,
  });
  const rightOf = ({ heldOut }: Attempt) => heldOut!.right.reduce((a, b) => a + b, 0);

  it('names no fewer held-out examples right than the linear head, nor than anything else that was tried', () => {
    fc.assert(
      fc.property(outcome, fc.array(fc.option(outcome), { maxLength: 3 }), (linear, others) => {
        const tried = [
          attemptOf('linear', linear),
          ...others.map((figures) => attemptOf('fine-tune-top', figures)),
        ];
        const chosen = best(tried);
        for (const attempt of tried)
          if (attempt.heldOut) expect(rightOf(chosen)).toBeGreaterThanOrEqual(rightOf(attempt));
      }),
    );
  });

  it('is the linear head where another is only as good, or nothing is held out', () => {
    const figures: [number, number][] = [
      [1, 0.1],
      [0, 2],
    ];
    const [linear, same] = [attemptOf('linear', figures), attemptOf('linear-early', figures)];
    expect(best([linear, same])).toBe(linear);
    expect(best([attemptOf('linear', []), attemptOf('linear-early', [])]).strategy).toBe('linear');
  });
});
