import { describe, expect, it } from 'vitest';
import { balancedWeights } from './class-weights.ts';
import { makeSynthetic } from './fixtures/synthetic.ts';
import { train } from './testing.ts';

describe('balancedWeights', () => {
  it('give every class the same sum, and all together as much as equal weights', () => {
    const truth = Int32Array.of(0, 0, 0, 0, 0, 1, 2, 2, 0, 1);
    const weights = balancedWeights(truth, 3, [
      { from: 0, to: 3 },
      { from: 4, to: 8 },
    ]);
    for (const label of [0, 1, 2])
      expect(weights.reduce((sum, w, i) => sum + (truth[i] === label ? w : 0), 0)).toBeCloseTo(7 / 3, 12);
    expect([weights[3], weights[8], weights[9]]).toEqual([0, 0, 0]);
  });
});

describe.each(['softmax', 'svm'] as const)('a balanced %s', (kind) => {
  /** One image in ten is of the second class. */
  const problem = makeSynthetic(400, 20, 2, 3, 3);
  const rare = [...problem.labels.keys()].filter((i) => i % 2 === 0 || i % 20 === 1);
  const imbalanced = {
    labelNames: problem.labelNames,
    labels: Int32Array.from(rare, (i) => problem.labels[i]!),
    codes: Float32Array.from(rare.flatMap((i) => [...problem.codes.subarray(20 * i, 20 * i + 20)])),
    split: rare.map(() => 'train' as const),
    kind,
    strength: 1e-3,
  };

  it('finds more of a rare class, and its report says what it was told', async () => {
    const plain = await train(imbalanced);
    const balanced = await train({ ...imbalanced, classWeights: 'balanced' });
    expect(balanced.report.classWeights).toBe('balanced');
    expect(plain.report.classWeights).toBe('none');
    // The intercept leans towards the rare class.
    expect(balanced.bias[1]! - balanced.bias[0]!).toBeGreaterThan(plain.bias[1]! - plain.bias[0]!);
    if (kind === 'softmax')
      expect(balanced.report.outOfFold!.perClass[1]!.recall).toBeGreaterThan(
        plain.report.outOfFold!.perClass[1]!.recall,
      );
    expect(balanced.report.outOfFold!.n).toBe(plain.report.outOfFold!.n);
  });

  it('is the plain one where classes are equal', async () => {
    const even = { ...problem, kind, strength: 1e-2, split: new Array(400).fill('train') };
    const plain = await train(even);
    const balanced = await train({ ...even, classWeights: 'balanced' });
    expect(balanced.weight).toEqual(plain.weight);
  });
});
