// Data that is hard to train on: degenerate classes, columns and scales, which train all the same, and what is
// refused with a reason.

import { describe, expect, it } from 'vitest';
import { computeLogits } from '../heads/index.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { asHead, expectClose, train } from './testing.ts';
import type { LinearTraining } from './training-settings.ts';

describe('degenerate data', () => {
  it('trains with one image in a class, which no fold judges', async () => {
    const problem = makeSynthetic(21, 10, 2, 3);
    const labels = problem.labels.map((_, i) => (i === 20 ? 2 : i % 2));
    const labelNames = ['a', 'b', 'c'];
    const { report } = await train({ ...problem, labels, labelNames, split: new Array(21).fill('train') });
    expect(report).toMatchObject({ neverJudged: 1, folds: 5, outOfFold: { n: 20 }, converged: true });
  });

  it('trains with one image in every class, at the default strength', async () => {
    const problem = makeSynthetic(3, 10, 3, 3);
    const result = await train({ ...problem, split: new Array(3).fill('train') });
    expect(result.report).toMatchObject({
      strengthFrom: 'default',
      strength: 0.01,
      folds: 0,
      outOfFold: null,
    });
    expect(result.report.outOfFoldReason).toMatch(/two images/);
    const head = asHead(result);
    for (let i = 0; i < 3; i++) {
      const logits = computeLogits(head, problem.codes.subarray(10 * i, 10 * i + 10));
      expect(logits.indexOf(Math.max(...logits))).toBe(i);
    }
  });

  it('gives constant columns no weight', async () => {
    const problem = makeSynthetic(40, 6, 2, 3);
    for (let i = 0; i < 40; i++) problem.codes[6 * i + 2] = 0.1;
    const { weight } = await train(problem);
    expect(weight[2]).toBe(0);
    expect(weight[8]).toBe(0);
    expect(weight[3]).not.toBe(0);
  });

  it('trains where every example has the same code', async () => {
    const { labels, labelNames } = makeSynthetic(30, 4, 3, 1);
    const { weight, bias, report } = await train({
      codes: new Float32Array(120).fill(2),
      labels,
      labelNames,
    });
    expect([...weight]).toEqual(new Array(12).fill(0));
    for (const value of bias) expect(Math.abs(value)).toBeLessThan(1e-3);
    expect(report.converged).toBe(true);
  });

  it('trains where an image stands under two labels', async () => {
    const problem = makeSynthetic(40, 8, 2, 2);
    problem.codes.set(problem.codes.subarray(0, 160), 160);
    const labels = problem.labels.map((label, i) => (i < 20 ? label : 1 - label));
    const { report } = await train({ ...problem, labels, strengths: [1e-5, 10] });
    expect(report.converged).toBe(true);
    expect(report.outOfFold!.logLoss).toBeGreaterThan(0.6);
  });

  it('neither overflows nor stalls on separable data without much regularisation', async () => {
    const problem = makeSynthetic(40, 60, 2, 2, 0.01);
    const { weight, bias, report } = await train({ ...problem, strength: 1e6 });
    expect([...weight, ...bias].every(Number.isFinite)).toBe(true);
    expect(report.converged).toBe(true);
    expect(report.heldOut!.accuracy).toBe(1);
  });

  it('takes columns a hundred times smaller than others and a quadrillion times larger', async () => {
    const problem = makeSynthetic(40, 6, 2, 3);
    const scales = [1, 1e15, 1, 1e-2, 1e3, 1];
    const plain = await train({ ...problem, strength: 0.1 });
    const scaled = await train({
      ...problem,
      codes: problem.codes.map((value, at) => value * scales[at % 6]!),
      strength: 0.1,
    });
    expectClose(
      [...scaled.weight].map((w, at) => w * scales[at % 6]!),
      [...plain.weight],
      1e-3,
    );
  });
});

describe('what is refused', () => {
  const good = makeSynthetic(20, 5, 2, 1);
  const cases: [string, string, Partial<LinearTraining>][] = [
    ['one class', 'too-few-examples', { labels: new Int32Array(20), labelNames: ['a'] }],
    ['a label without an image', 'too-few-examples', { labelNames: ['a', 'b', 'c'] }],
    ['no example', 'too-few-examples', { codes: new Float32Array(0), labels: new Int32Array(0), split: [] }],
    ['a label twice', 'bad-request', { labelNames: ['a', 'a'] }],
    ['a label index beyond the names', 'bad-request', { labels: good.labels.with(3, 2) }],
    ['a code that is not a number', 'bad-request', { codes: good.codes.with(7, Number.NaN) }],
    ['an infinite code', 'bad-request', { codes: good.codes.with(7, -Infinity) }],
    ['codes of no one length', 'bad-request', { codes: good.codes.subarray(1) }],
    ['too short a split', 'bad-request', { split: ['train'] }],
    ['too short a list of groups', 'bad-request', { groups: [1] }],
    ['a strength of zero', 'bad-request', { strength: 0 }],
    ['no strength to try', 'bad-request', { strengths: [] }],
    ['another kind', 'bad-request', { kind: 'forest' as 'softmax' }],
  ];

  it.each(cases)('%s', async (_, type, changes) => {
    await expect(train({ ...good, ...changes })).rejects.toMatchObject({ type });
  });

  it('says which example has the bad code', async () => {
    await expect(train({ ...good, codes: good.codes.with(7, Number.NaN) })).rejects.toThrow(/example 1 /);
  });
});
