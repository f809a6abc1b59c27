import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestCandidate } from './cross-validate.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { isPastTheBest, leastToCompare, type Racer, survivors } from './strength-race.ts';
import { train } from './testing.ts';

const racer = (losses: number[]): Racer => ({
  losses: Float64Array.from(losses),
  logLoss: losses.reduce((a, b) => a + b, 0) / losses.length,
});
const alone = Int32Array.from({ length: leastToCompare }, (_, i) => i);
const constant = (loss: number, n = leastToCompare) => racer(new Array(n).fill(loss));
/** Differs from `constant(loss)` by `spread` up and down in turn. */
const noisy = (loss: number, spread: number) =>
  racer(Array.from({ length: leastToCompare }, (_, i) => loss + (i % 2 ? spread : -spread)));

describe('the race of strengths', () => {
  it('gives up what is worse beyond chance, and keeps what is not', () => {
    const [best, worse, perhaps] = [constant(0.5), noisy(0.6, 0.3), noisy(0.6, 0.4)];
    expect(survivors([worse, best, perhaps], alone)).toEqual([best, perhaps]);
  });

  it('keeps what is worse by next to nothing, however sure that is', () => {
    expect(survivors([constant(0.5), constant(0.52)], alone)).toHaveLength(2);
  });

  it('gives nothing up on a few predictions, nor on many of a few bursts', () => {
    const racers = [constant(0.5), constant(9)];
    const bursts = alone.map((unit) => Math.floor(unit / 2));
    expect(survivors(racers, alone)).toHaveLength(1);
    for (const units of [alone.subarray(1), bursts]) expect(survivors(racers, units)).toHaveLength(2);
  });

  it('takes a burst for one observation', () => {
    // Twice the examples, two of each unit: what was by chance still is.
    const twice = (losses: Float64Array) => racer([...losses].flatMap((loss) => [loss, loss]));
    const racers = [constant(0.5), noisy(0.6, 0.4)].map(({ losses }) => twice(losses));
    const units = Int32Array.from({ length: 2 * leastToCompare }, (_, i) => i >> 1);
    expect(survivors(racers, units)).toHaveLength(2);
    expect(
      survivors(
        racers,
        units.map((_, i) => i),
      ),
    ).toHaveLength(1);
  });

  it('keeps the first of those that say the same of every example', () => {
    const [first, twin, other] = [noisy(0.5, 0.3), noisy(0.502, 0.3), noisy(0.5, -0.3)];
    expect(survivors([first, twin, other], alone)).toEqual([first, other]);
  });

  it('never gives the best up, unless for one that is as good', () => {
    const some = fc.array(
      fc.array(fc.double({ min: 0, max: 9, noNaN: true }), {
        minLength: leastToCompare,
        maxLength: leastToCompare,
      }),
      {
        minLength: 1,
        maxLength: 7,
      },
    );
    fc.assert(
      fc.property(some, (all) => {
        const racers = all.map(racer);
        const least = Math.min(...racers.map(({ logLoss }) => logLoss));
        expect(survivors(racers, alone).some(({ logLoss }) => logLoss <= 1.01 * least)).toBe(true);
      }),
    );
  });

  it('is over when the last two are clearly worse than one before them', () => {
    expect(isPastTheBest([constant(0.5), constant(0.7), constant(0.9)], alone)).toBe(true);
    expect(isPastTheBest([constant(0.5), constant(0.9), constant(0.51)], alone)).toBe(false);
    expect(isPastTheBest([constant(0.7), constant(0.5)], alone)).toBe(false);
  });
});

describe.each(['softmax', 'svm'] as const)('cross-validation of a %s', (kind) => {
  it('chooses among the strengths left what it would have chosen among all, and reports those', async () => {
    const problem = makeSynthetic(400, 300, 3, 9, 3);
    const { report, outOfFold } = await train({ ...problem, kind });
    const { strengths } = report;
    expect(strengths.length).toBeLessThan(7);
    expect(outOfFold!.truth.length).toBe(300);
    const given = await Promise.all(
      [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10].map((strength) => train({ ...problem, kind, strength })),
    );
    const losses = given.map(({ report }) => report.strengths[0]!);
    expect(report.strength).toBe(bestCandidate(losses, kind)!.strength);
    for (const each of strengths) {
      const alone = losses.find(({ strength }) => strength === each.strength)!;
      expect(Math.abs(each.logLoss / alone.logLoss - 1)).toBeLessThan(1e-3);
    }
  });
});
