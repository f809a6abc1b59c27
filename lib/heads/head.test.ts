import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../tensors/index.ts';
import { type Head, readHead, writeHead } from './index.ts';

const digest = 'ab'.repeat(32);

function makeHead(changes: Partial<Head> = {}): Head {
  return {
    kind: 'softmax',
    labels: ['ant', 'bee'],
    dims: 3,
    weight: Float32Array.of(1, 2, 3, -1, -2, -3),
    bias: Float32Array.of(0.5, -0.5),
    calibration: { method: 'none' },
    codeSpace: digest,
    backbone: digest,
    ...changes,
  };
}

const heads = fc
  .record({
    labels: fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 5 }),
    dims: fc.integer({ min: 1, max: 9 }),
    calibration: fc.oneof(
      fc.constant({ method: 'none' as const }),
      fc.record({
        method: fc.constant('temperature' as const),
        temperature: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      }),
    ),
    kind: fc.constantFrom('softmax' as const, 'svm' as const),
  })
  .chain((plain) => {
    const doubles = (length: number) =>
      fc.float64Array({ minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true });
    const floats = (length: number) =>
      fc.float32Array({ minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true });
    return fc
      .record({
        weight: floats(plain.labels.length * plain.dims),
        bias: floats(plain.labels.length),
        platt: fc.option(
          fc.record({ slope: doubles(plain.labels.length), intercept: doubles(plain.labels.length) }),
        ),
      })
      .map(({ platt, ...arrays }) =>
        makeHead({
          ...plain,
          ...arrays,
          ...(platt && { calibration: { method: 'platt', ...platt } }),
        }),
      );
  });

describe('a head file', () => {
  it('is read back as what was written, and written again as the same bytes', () => {
    fc.assert(
      fc.property(heads, (head) => {
        const bytes = writeHead(head);
        const back = readHead(bytes);
        expect(back).toEqual(head);
        expect(writeHead(back)).toEqual(bytes);
      }),
    );
  });

  it('is a plain safetensors file with weight [C, D] and bias [C]', () => {
    const { tensors, metadata } = readSafetensors(writeHead(makeHead()));
    expect(tensors.get('weight')).toMatchObject({ dtype: 'F32', shape: [2, 3] });
    expect(tensors.get('bias')).toMatchObject({ dtype: 'F32', shape: [2] });
    expect(metadata).toMatchObject({
      format: '1',
      temperature: '1',
      labels: '["ant","bee"]',
      kind: 'softmax',
    });
  });

  it.each<[string, Partial<Head>]>([
    ['a weight that is not finite', { weight: Float32Array.of(1, 2, Number.NaN, 1, 2, 3) }],
    ['an infinite bias', { bias: Float32Array.of(1, Infinity) }],
    ['too few weights', { weight: new Float32Array(5) }],
    ['too many biases', { bias: new Float32Array(3) }],
    ['one label', { labels: ['ant'], weight: new Float32Array(3), bias: new Float32Array(1) }],
    ['a label twice', { labels: ['ant', 'ant'] }],
    ['an empty label', { labels: ['ant', ''] }],
    ['an unknown kind', { kind: 'forest' as 'svm' }],
    ['no temperature', { calibration: { method: 'temperature', temperature: 0 } }],
    [
      'a calibration of other labels',
      { calibration: { method: 'platt', slope: Float64Array.of(-1), intercept: Float64Array.of(0) } },
    ],
    ['a code space that is no digest', { codeSpace: 'mine' }],
    ['a backbone that is no digest', { backbone: '' }],
  ])('is refused with %s, when written and when read', (_, changes) => {
    expect(() => writeHead(makeHead(changes))).toThrow(expect.objectContaining({ type: 'invalid-file' }));
    const head = makeHead(changes);
    const { calibration } = head;
    const rows = Math.ceil(head.weight.length / 3);
    const shape = rows * 3 === head.weight.length ? [rows, 3] : [head.weight.length];
    const bytes = writeSafetensors(
      {
        weight: { dtype: 'F32', shape, data: head.weight },
        bias: { dtype: 'F32', shape: [head.bias.length], data: head.bias },
        ...('slope' in calibration && {
          'platt.slope': { dtype: 'F64', shape: [1], data: calibration.slope },
          'platt.intercept': { dtype: 'F64', shape: [1], data: calibration.intercept },
        }),
      },
      {
        format: '1',
        kind: head.kind,
        labels: JSON.stringify(head.labels),
        calibration: calibration.method,
        temperature: 'temperature' in calibration ? String(calibration.temperature) : '1',
        codeSpace: head.codeSpace,
        backbone: head.backbone,
      },
    );
    // Five weights do not even make rows of three: they come as a vector.
    expect(() => readHead(bytes)).toThrow(expect.objectContaining({ type: 'invalid-file' }));
  });

  it.each([
    ['another format', { format: '2' }],
    ['no format', { format: undefined }],
    ['labels that are no list', { labels: '{"ant":1}' }],
    ['labels that are no JSON', { labels: 'ant' }],
    ['a temperature that is no number', { calibration: 'temperature', temperature: 'warm' }],
    ['no code space', { codeSpace: undefined }],
  ])('is refused with %s in its metadata', (_, changes) => {
    const { tensors, metadata } = readSafetensors(writeHead(makeHead()));
    const changed = Object.fromEntries(
      Object.entries({ ...metadata, ...changes }).filter((entry): entry is [string, string] => !!entry[1]),
    );
    expect(() => readHead(writeSafetensors(tensors, changed))).toThrow(
      expect.objectContaining({ type: 'invalid-file' }),
    );
  });

  it('is refused with a tensor of another type, another rank, or missing', () => {
    const { tensors, metadata } = readSafetensors(writeHead(makeHead()));
    for (const weight of [
      { dtype: 'F64', shape: [2, 3], data: new Float64Array(6) },
      { dtype: 'F32', shape: [6], data: new Float32Array(6) },
    ] as const)
      expect(() =>
        readHead(
          writeSafetensors(
            new Map([...tensors, ['weight', { ...weight, shape: [...weight.shape] }]]),
            metadata,
          ),
        ),
      ).toThrow(/weight/);
    tensors.delete('bias');
    expect(() => readHead(writeSafetensors(tensors, metadata))).toThrow(/bias/);
  });

  it('is refused wherever it is cut off', () => {
    const bytes = writeHead(makeHead());
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
        expect(() => readHead(bytes.subarray(0, length))).toThrow(
          expect.objectContaining({ type: 'invalid-file' }),
        );
      }),
    );
  });
});
