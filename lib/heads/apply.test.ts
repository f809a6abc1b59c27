import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHead, checkGoldens, goldens, type Head, predict, softmax } from './index.ts';

const digest = '0'.repeat(64);

function makeHead(rows: number[][], bias: number[], labels: string[], temperature = 1): Head {
  return {
    kind: 'softmax',
    labels,
    dims: rows[0]!.length,
    weight: Float32Array.from(rows.flat()),
    bias: Float32Array.from(bias),
    calibration: { method: 'temperature', temperature },
    codeSpace: digest,
    backbone: digest,
  };
}

const head = makeHead(
  [
    [1, 0],
    [0, 1],
    [0, 0],
  ],
  [0, 0, 1],
  ['x', 'y', 'rest'],
);

describe('applyHead', () => {
  it('is softmax(W·code + b)', () => {
    const { logits, probabilities } = applyHead(head, Float32Array.of(2, -1));
    expect([...logits]).toEqual([2, -1, 1]);
    const total = Math.exp(2) + Math.exp(-1) + Math.exp(1);
    expect(probabilities[0]).toBeCloseTo(Math.exp(2) / total, 14);
    expect(probabilities[1]).toBeCloseTo(Math.exp(-1) / total, 14);
  });

  it('divides logits by the temperature, not what it reports as logits', () => {
    const warm = applyHead(
      { ...head, calibration: { method: 'temperature', temperature: 2 } },
      Float32Array.of(2, -1),
    );
    expect([...warm.logits]).toEqual([2, -1, 1]);
    expect(warm.probabilities[0]! / warm.probabilities[2]!).toBeCloseTo(Math.exp(0.5), 14);
  });

  it('turns scores into probabilities by one sigmoid a label, normalised, if it is calibrated so', () => {
    const calibration = {
      method: 'platt',
      slope: Float64Array.of(-1, -2, -0.5),
      intercept: Float64Array.of(0, 1, -1),
    } as const;
    const { logits, probabilities } = applyHead(
      { ...head, kind: 'svm', calibration },
      Float32Array.of(2, -1),
    );
    const each = [...logits].map(
      (z, j) => 1 / (1 + Math.exp(calibration.slope[j]! * z + calibration.intercept[j]!)),
    );
    const total = each.reduce((a, b) => a + b, 0);
    for (const [j, p] of each.entries()) expect(probabilities[j]).toBeCloseTo(p / total, 14);
  });

  it('shows probabilities that sum to 1 where every sigmoid is as good as 0', () => {
    const calibration = {
      method: 'platt',
      slope: Float64Array.of(1e6, 1e6, 1e6),
      intercept: Float64Array.of(1e9, 1e9, 1e9),
    } as const;
    const { probabilities } = applyHead({ ...head, kind: 'svm', calibration }, Float32Array.of(2, 1));
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it('refuses a code of another length, and one that is not finite', () => {
    for (const code of [Float32Array.of(1), Float32Array.of(1, 2, 3), Float32Array.of(1, Number.NaN)])
      expect(() => applyHead(head, code)).toThrow(expect.objectContaining({ type: 'head-refused' }));
  });
});

describe('softmax', () => {
  const logits = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 20 });

  it('sums to 1, stays in [0, 1] and keeps the order, however large the logits', () => {
    fc.assert(
      fc.property(logits, (z) => {
        const p = softmax(z);
        expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
        for (const [i, a] of z.entries())
          for (const [j, b] of z.entries()) if (a >= b) expect(p[i]!).toBeGreaterThanOrEqual(p[j]!);
      }),
    );
  });
});

describe('predict', () => {
  it('sorts by probability, equal ones by label', () => {
    const flat = makeHead([[0], [0], [1]], [0, 0, 0], ['b', 'a', 'z']);
    expect(predict(flat, Float32Array.of(1)).map(({ label }) => label)).toEqual(['z', 'a', 'b']);
    expect(predict(flat, Float32Array.of(0)).map(({ label }) => label)).toEqual(['a', 'b', 'z']);
  });

  it('gives no more than asked for', () => {
    expect(predict(head, Float32Array.of(3, 0), 2).map(({ label }) => label)).toEqual(['x', 'rest']);
  });
});

describe('goldens', () => {
  const codes = [Float32Array.of(0.1, -3e-8), Float32Array.of(1e-40, 7)];

  it('survive JSON and prove the head that made them', () => {
    const stored = JSON.parse(JSON.stringify(goldens(head, codes)));
    expect(() => checkGoldens(head, stored)).not.toThrow();
  });

  it('refuse a head with one weight off by one bit', () => {
    const expected = goldens(head, codes);
    const weight = head.weight.slice();
    const bits = new Uint32Array(weight.buffer);
    bits[3]! ^= 1;
    expect(() => checkGoldens({ ...head, weight }, expected)).toThrow(
      expect.objectContaining({ type: 'head-refused' }),
    );
  });

  it('refuse to be none, torn, or of another length', () => {
    const [golden] = goldens(head, codes) as [{ code: string; logits: string }];
    for (const bad of [
      [],
      [{ ...golden, code: '???' }],
      [{ ...golden, code: 'AAA=' }],
      [{ ...golden, code: 'AAAAAA==' }],
      [{ ...golden, logits: '' }],
    ])
      expect(() => checkGoldens(head, bad)).toThrow(expect.objectContaining({ type: 'head-refused' }));
  });
});
