import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdviceSchema } from '../contract/index.ts';
import { advise } from './advise.ts';
import { anyEvidence, evidenceOf, facts, type Wishes } from './testing.ts';
import { defaultBudgetSeconds } from './thresholds.ts';

const advised = (wishes: Wishes, budgetSeconds?: number) =>
  advise(evidenceOf(wishes), { ...facts, ...(budgetSeconds !== undefined && { budgetSeconds }) });

describe('the four cases', () => {
  it.each([
    ['small-similar', 'linear', { perClass: 100, verdict: 'similar' }],
    ['large-similar', 'fine-tune-top', { perClass: 2000, verdict: 'similar' }],
    ['small-unlike', 'linear-early', { perClass: 50, verdict: 'unlike' }],
    ['large-unlike', 'fine-tune-all', { perClass: 2000, verdict: 'unlike' }],
  ] as const)('%s: %s', (which, strategy, wishes) => {
    expect(advised(wishes)).toMatchObject({ case: which, strategy });
  });

  it('are told by the learning curve where the number of images alone does not tell', () => {
    const steep = advised({ perClass: 400, curve: [0.8, 0.87, 0.92] });
    const flat = advised({ perClass: 400, curve: [0.93, 0.934, 0.936] });
    expect([steep.case, flat.case]).toEqual(['small-similar', 'large-similar']);
  });

  it('are unknown without a reference, and the data decides', () => {
    const wishes = { verdict: 'unavailable' } as const;
    expect(advised(wishes)).toMatchObject({ case: 'unknown', strategy: 'linear' });
    expect(advised({ ...wishes, ladder: [0.6, 0.98, 0.94] })).toMatchObject({
      case: 'unknown',
      strategy: 'linear-early',
      tap: 'middle',
    });
    expect(advised({ ...wishes, perClass: 2000 })).toMatchObject({
      case: 'unknown',
      strategy: 'fine-tune-top',
    });
  });

  it('leave fresh weights to very much data that is unlike', () => {
    expect(advised({ perClass: 60_000, verdict: 'unlike' }).strategy).toBe('from-scratch');
    expect(advised({ perClass: 60_000 }).strategy).toBe('fine-tune-top');
  });
});

describe('what was measured overrules the case', () => {
  it('where a linear head is right nearly always', () => {
    const { case: which, strategy, words } = advised({ perClass: 2000, curve: [0.98, 0.985, 0.99] });
    expect([which, strategy]).toEqual(['large-similar', 'linear']);
    expect(words.join(' ')).toContain('alone would say "fine-tune-top"');
  });

  it('where an earlier tap is better', () => {
    const { strategy, tap } = advised({ ladder: [0.6, 0.97, 0.94] });
    expect([strategy, tap]).toEqual(['linear-early', 'middle']);
    expect(advised({ ladder: [0.6, 0.945, 0.94] }).strategy).toBe('linear');
  });

  it('where a linear head errs often and there is something to train on', () => {
    const errs = { curve: [0.7, 0.75, 0.8] as [number, number, number] };
    expect(advised({ ...errs, perClass: 100 })).toMatchObject({
      case: 'small-similar',
      strategy: 'fine-tune-top',
      tap: 'final',
      tuning: { from: 'middle', headRatio: 10 },
    });
    expect(advised({ ...errs, perClass: 10 }).strategy).toBe('linear');
  });

  it('where the time does not allow it, and says so', () => {
    const wishes = { perClass: 2000, verdict: 'unlike' } as const;
    expect(advised(wishes, 500).strategy).toBe('fine-tune-all');
    expect(advised(wishes, 200).strategy).toBe('fine-tune-top');
    const huge = { ...wishes, perClass: 60_000 };
    expect([1000, 500, 200].map((seconds) => advised(huge, seconds).strategy)).toEqual([
      'from-scratch',
      'fine-tune-all',
      'fine-tune-top',
    ]);
    const { strategy, words } = advised(wishes, 50);
    expect(strategy).toBe('linear');
    expect(words.join(' ')).toContain('fine-tune-all would take 7 min here');
  });

  it('where the network cannot be cut', () => {
    const evidence = evidenceOf({ perClass: 2000 });
    const cost = evidence.cost.filter(({ strategy }) => strategy !== 'fine-tune-top');
    expect(advise({ ...evidence, cost }, facts).strategy).toBe('linear');
  });
});

it('gives no reason from how like the images are where that is not known', () => {
  const ladder: Wishes['ladder'] = [0.6, 0.98, 0.94];
  for (const wishes of [{}, { ladder }, { perClass: 20, ladder }, { perClass: 2000 }] as Wishes[]) {
    const { words } = advised({ ...wishes, verdict: 'unavailable' });
    expect(words[1]).toMatch(/^Why: /);
    expect(words[1]).not.toMatch(/like what the backbone knows|as they are/);
  }
});

it('names no tap that did best where none was judged', () => {
  const evidence = { ...evidenceOf({ perClass: 1, verdict: 'unlike' }), ladder: [], learningCurve: [] };
  const { strategy, words } = advise(evidence, facts);
  expect(strategy).toBe('linear-early');
  expect(words[0]).not.toContain('here it was');
});

describe('learning rates', () => {
  it('spare pretrained layers less where they were made for something else', () => {
    const like = advised({ perClass: 2000 });
    const unlike = advised({ perClass: 2000, verdict: 'unlike' });
    expect(like.tuning.headRatio).toBeGreaterThan(unlike.tuning.headRatio!);
    expect(unlike.tuning.from).toBeUndefined();
  });

  it('are not said of linear heads', () => {
    expect(advised({}).tuning).toEqual({});
  });
});

describe('advice on any evidence', () => {
  it('is a document that can be stored, and its first sentence says what to do', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const advice = advise(evidence, facts);
        expect(AdviceSchema.parse(advice)).toEqual(advice);
        expect(advice.words[0]).toContain(`"strategy": "${advice.strategy}"`);
        for (const sentence of advice.words) expect(sentence).not.toMatch(/undefined|NaN|null|Infinity/);
        const { low, value, high } = advice.expected;
        expect(0 <= low && low <= value && value <= high && high <= 1).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('never asks for more time than there is, but for a linear head', () => {
    fc.assert(
      fc.property(anyEvidence, (evidence) => {
        const { strategy, seconds } = advise(evidence, facts);
        if (strategy !== 'linear') expect(seconds).toBeLessThanOrEqual(defaultBudgetSeconds);
      }),
    );
  });

  it('moves no fewer layers for more images', () => {
    const layers = ['linear', 'linear-early', 'fine-tune-top', 'fine-tune-all', 'from-scratch'];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.nat(50_000),
        fc.boolean(),
        (perClass, more, alike) => {
          const verdict = alike ? 'similar' : 'unlike';
          const movedWith = (images: number) =>
            layers.indexOf(advised({ perClass: images, verdict, curve: [0.85, 0.86, 0.87] }).strategy);
          expect(movedWith(perClass + more)).toBeGreaterThanOrEqual(movedWith(perClass));
        },
      ),
    );
  });
});
