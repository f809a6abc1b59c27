import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, type Tensor, writeSafetensors } from '../tensors/index.ts';
import {
  checkGoldens,
  compress,
  goldens,
  type Head,
  isNone,
  type OpenSet,
  openSetScore,
  readHead,
  writeHead,
} from './index.ts';

const half = Math.fround(0.70703125);
const openSet: OpenSet = {
  method: 'mahalanobis',
  scale: 2,
  center: Float32Array.of(1, 0.5, 0, -0.25),
  basis: Float32Array.of(1, 0, 0, 0, 0, half, half, 0),
  precision: Float64Array.of(0.25, 0.5, 4),
  threshold: 3,
};
const head: Head = {
  kind: 'softmax',
  labels: ['ant', 'bee'],
  dims: 4,
  weight: new Float32Array(8),
  bias: new Float32Array(2),
  calibration: { method: 'none' },
  openSet,
  codeSpace: 'ab'.repeat(32),
  backbone: 'cd'.repeat(32),
};
const codes = fc.float32Array({ minLength: 4, maxLength: 4, noNaN: true, noDefaultInfinity: true });
const invalid = expect.objectContaining({ type: 'invalid-file' });

describe('openSetScore', () => {
  it('is the Mahalanobis distance by the covariance that basis and precision stand for', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (list) => {
          const code = Float32Array.from(list);
          const z = Array.from(
            code,
            (x, k) => Math.sign(x) * Math.log1p(2 * Math.abs(x)) - openSet.center[k]!,
          );
          // (U·(diag(w) − w′·I)·Uᵀ + w′·I) by hand, entry by entry.
          let expected = 0;
          for (let i = 0; i < 4; i++)
            for (let k = 0; k < 4; k++) {
              let entry = i === k ? 4 : 0;
              for (let j = 0; j < 2; j++)
                entry += openSet.basis[j * 4 + i]! * openSet.basis[j * 4 + k]! * (openSet.precision[j]! - 4);
              expected += z[i]! * entry * z[k]!;
            }
          expect(openSetScore(openSet, code)).toBeCloseTo(expected, 9);
        },
      ),
    );
  });

  it('grows on every way out from the center', () => {
    const outwards = fc.record(
      { code: codes, near: fc.double({ min: 0, max: 1 }) },
      { noNullPrototype: true },
    );
    const at = (z: number[], share: number) =>
      Float32Array.from(z, (value, k) => {
        const compressed = openSet.center[k]! + share * value;
        return (Math.sign(compressed) * Math.expm1(Math.abs(compressed))) / 2;
      });
    fc.assert(
      fc.property(outwards, ({ code, near }) => {
        if (Number.isNaN(near)) return;
        const z = Array.from(code, (x, k) => compress(x, 2) - openSet.center[k]!).map((v) =>
          Math.max(-30, Math.min(30, v)),
        );
        const far = openSetScore(openSet, at(z, 1));
        expect(openSetScore(openSet, at(z, near))).toBeLessThanOrEqual(far * (1 + 1e-5) + 1e-5);
      }),
    );
  });

  it('is a finite number for every code of finite numbers', () => {
    fc.assert(
      fc.property(codes, (code) => {
        expect(openSetScore(openSet, code)).toBeGreaterThanOrEqual(0);
        expect(openSetScore(openSet, code)).toBeLessThan(Infinity);
      }),
    );
  });

  it.each([
    ['another length', Float32Array.of(1, 2, 3)],
    ['a number that is not finite', Float32Array.of(1, 2, 3, Number.NaN)],
  ])('is refused for a code of %s', (_, code) => {
    expect(() => openSetScore(openSet, code)).toThrow(expect.objectContaining({ type: 'head-refused' }));
  });
});

describe('isNone', () => {
  it('says whether the score is beyond the threshold, and nothing for a head that always names one', () => {
    const near = Float32Array.of(0.86, 0.32, 0, -0.14);
    const far = Float32Array.of(9, 9, 9, 9);
    expect(isNone(head, near)).toBe(false);
    expect(isNone(head, far)).toBe(true);
    expect(isNone({ openSet: { ...openSet, threshold: openSetScore(openSet, far) } }, far)).toBe(false);
    expect(isNone({}, far)).toBeUndefined();
  });
});

describe('goldens of a head with an open set', () => {
  const expected = goldens(head, [Float32Array.of(1, 2, 3, 4)]);

  it('prove it', () => {
    expect(() => checkGoldens(head, JSON.parse(JSON.stringify(expected)))).not.toThrow();
  });

  it.each<[string, Partial<Head>]>([
    ['another scale', { openSet: { ...openSet, scale: 2 + 2 ** -40 } }],
    ['another precision', { openSet: { ...openSet, precision: Float64Array.of(0.25, 0.5, 4 + 2 ** -40) } }],
    ['no open set', { openSet: undefined as never }],
  ])('refuse a head of %s', (_, changes) => {
    expect(() => checkGoldens({ ...head, ...changes }, expected)).toThrow(/open-set/);
  });

  it('of a head without one refuse a head that has one', () => {
    const { openSet: _, ...without } = head;
    expect(() => checkGoldens(head, goldens(without, [Float32Array.of(1, 2, 3, 4)]))).toThrow(/open-set/);
  });
});

describe('the open set of a head file', () => {
  it('is read back as what was written, and written again as the same bytes', () => {
    const bytes = writeHead(head);
    expect(readHead(bytes)).toEqual(head);
    expect(writeHead(readHead(bytes))).toEqual(bytes);
  });

  it('is absent from files without one', () => {
    const { openSet: _, ...without } = head;
    const { tensors, metadata } = readSafetensors(writeHead(without));
    expect([...tensors.keys(), ...Object.keys(metadata)].join()).not.toContain('openset');
    expect(readHead(writeHead(without))).toEqual(without);
  });

  const huge = (fill: number) => new Float32Array(8).fill(fill);
  it.each<[string, Partial<OpenSet>]>([
    ['another method', { method: 'nearest' as 'mahalanobis' }],
    ['a threshold that is no number', { threshold: Number.NaN }],
    ['an infinite threshold', { threshold: Infinity }],
    ['a threshold of 0', { threshold: 0 }],
    ['a scale of 0', { scale: 0 }],
    ['a scale that would overflow', { scale: 1e300 }],
    ['a center that is not finite', { center: Float32Array.of(1, 2, 3, Infinity) }],
    ['a center of another length', { center: new Float32Array(3) }],
    ['a basis that is not finite', { basis: huge(Number.NaN) }],
    ['a basis of too large numbers', { basis: huge(2) }],
    ['a basis of another size', { basis: new Float32Array(7) }],
    ['a basis that float16 cannot hold', { basis: huge(0.1) }],
    ['a precision of 0', { precision: Float64Array.of(1, 0, 1) }],
    ['a precision that would overflow', { precision: Float64Array.of(1, 1e200, 1) }],
    ['a precision that is no number', { precision: Float64Array.of(1, Number.NaN, 1) }],
    ['no directions', { basis: new Float32Array(0), precision: Float64Array.of(1) }],
  ])('is not written with %s', (_, changes) => {
    expect(() => writeHead({ ...head, openSet: { ...openSet, ...changes } })).toThrow(invalid);
  });

  it('is not written or read beyond its bound', () => {
    const dims = 4096;
    const rows = 33;
    const basis = new Float32Array(rows * dims);
    const precision = new Float64Array(rows + 1).fill(1);
    const large = { ...openSet, center: new Float32Array(dims), basis, precision };
    const wide = { ...head, dims, weight: new Float32Array(2 * dims) };
    expect(() => writeHead({ ...wide, openSet: large })).toThrow(/too large/);
    const bytes = tampered((tensors) => {
      tensors.set('weight', { dtype: 'F32', shape: [2, dims], data: wide.weight });
      tensors.set('openset.center', { dtype: 'F32', shape: [dims], data: large.center });
      tensors.set('openset.basis', { dtype: 'F16', shape: [rows, dims], data: new Uint16Array(rows * dims) });
      tensors.set('openset.precision', { dtype: 'F64', shape: [rows + 1], data: precision });
    });
    expect(() => readHead(bytes)).toThrow(/too large/);
  });

  function tampered(change: (tensors: Map<string, Tensor>, metadata: Record<string, string>) => void) {
    const { tensors, metadata } = readSafetensors(writeHead(head));
    change(tensors, metadata);
    return writeSafetensors(tensors, metadata);
  }

  const names = ['openset.center', 'openset.basis', 'openset.precision'];
  it.each(names)('is refused without %s, and with one of another type, rank or size', (name) => {
    const wrong: (Tensor | undefined)[] = [
      undefined,
      { dtype: 'I32', shape: [4], data: new Int32Array(4) },
      { dtype: 'F32', shape: [1, 4, 1], data: new Float32Array(4) },
      { dtype: 'F32', shape: [5], data: new Float32Array(5) },
      { dtype: 'F16', shape: [8], data: new Uint16Array(8) },
      { dtype: 'F16', shape: [4, 2], data: new Uint16Array(8) },
      { dtype: 'F16', shape: [2, 4], data: new Uint16Array(8).fill(0x7e00) },
      { dtype: 'F64', shape: [2], data: Float64Array.of(1, 1) },
      { dtype: 'F64', shape: [0], data: new Float64Array(0) },
    ];
    for (const tensor of wrong) {
      const bytes = tampered((tensors) => {
        if (tensor) tensors.set(name, tensor);
        else tensors.delete(name);
      });
      expect(() => readHead(bytes)).toThrow(invalid);
    }
  });

  it.each([
    ['openset.method', undefined],
    ['openset.method', 'nearest'],
    ['openset.scale', undefined],
    ['openset.scale', ''],
    ['openset.scale', '-1'],
    ['openset.threshold', undefined],
    ['openset.threshold', 'high'],
    ['openset.threshold', 'Infinity'],
  ])('is refused with the metadata %s of %s', (name, text) => {
    const bytes = tampered((_, metadata) => {
      delete metadata[name];
      if (text !== undefined) metadata[name] = text;
    });
    expect(() => readHead(bytes)).toThrow(invalid);
  });
});
