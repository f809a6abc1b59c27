import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../errors/index.ts';
import { type DType, readSafetensors, type Tensor, type TensorData, writeSafetensors } from './index.ts';

const types = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
};

const oddNames = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  '0',
  '10',
  '2',
  'ä',
  '\ud800',
  'a"\\\n',
];
const name = fc
  .oneof(fc.string({ maxLength: 8 }), fc.constantFrom(...oddNames))
  .filter((n) => n !== '__metadata__');
const tensor: fc.Arbitrary<Tensor> = fc
  .tuple(
    fc.constantFrom(...(Object.keys(types) as DType[])),
    fc.array(fc.nat(4), { maxLength: 3 }),
    fc.infiniteStream(fc.nat(255)),
  )
  .map(([dtype, shape, values]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return { dtype, shape, data: types[dtype].from(values.take(count)) as TensorData };
  });
const file = fc.array(fc.tuple(name, tensor), { maxLength: 6 }).map((entries) => new Map(entries));
const metadata = fc
  .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom(...oddNames)), fc.string()), { maxLength: 4 })
  .map((entries) => Object.fromEntries(entries) as Record<string, string>);

const f32 = (...values: number[]): Tensor => ({
  dtype: 'F32',
  shape: [values.length],
  data: Float32Array.from(values),
});

/** A file with any header and body. */
function assemble(header: unknown, body: Uint8Array = new Uint8Array(), length?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + body.length);
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  out.set(json, 8);
  out.set(body, 8 + json.length);
  return out;
}

function refusal(bytes: Uint8Array): unknown {
  try {
    readSafetensors(bytes);
    return null;
  } catch (error) {
    return error;
  }
}

describe('writeSafetensors and readSafetensors', () => {
  it('give back every tensor and all metadata, whatever their names', () => {
    fc.assert(
      fc.property(file, metadata, fc.nat(9), (tensors, meta, shift) => {
        const bytes = writeSafetensors(tensors, meta);
        // Also from a view that starts at an odd place of a larger buffer.
        const moved = new Uint8Array(bytes.length + shift).subarray(shift);
        moved.set(bytes);
        const back = readSafetensors(moved);
        expect(new Map([...back.tensors].sort())).toEqual(new Map([...tensors].sort()));
        expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(meta).sort());
      }),
    );
  });

  it('give the same bytes in whatever order tensors and metadata come', () => {
    fc.assert(
      fc.property(file, metadata, (tensors, meta) => {
        const reversed = new Map([...tensors].reverse());
        const turned = Object.fromEntries(Object.entries(meta).reverse()) as Record<string, string>;
        expect(writeSafetensors(reversed, turned)).toEqual(writeSafetensors(tensors, meta));
      }),
    );
  });

  it('write what other readers expect: length, JSON, aligned little-endian data', () => {
    const bytes = writeSafetensors({ b: { dtype: 'U8', shape: [1], data: Uint8Array.of(7) }, a: f32(1) });
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes)))).toEqual({
      __metadata__: {},
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      b: { dtype: 'U8', shape: [1], data_offsets: [4, 5] },
    });
    expect([...bytes.subarray(8 + headerBytes)]).toEqual([0, 0, 0x80, 0x3f, 7]);
  });

  it('write only the bytes of a view', () => {
    const data = Float32Array.of(1, 2, 3).subarray(1, 2);
    const { tensors } = readSafetensors(writeSafetensors({ x: { dtype: 'F32', shape: [], data } }));
    expect(tensors.get('x')).toEqual({ dtype: 'F32', shape: [], data: Float32Array.of(2) });
  });

  it.each([
    ['a shape that is not the data’s', { x: { ...f32(1, 2), shape: [3] } }],
    ['a negative shape', { x: { ...f32(1, 2), shape: [-1, -2] } }],
    ['data of another type', { x: { ...f32(1), dtype: 'I32' as const } }],
    ['a tensor in the place of the metadata', { __metadata__: f32(1) }],
  ])('never write what cannot be read: %s', (_, tensors) => {
    expect(() => writeSafetensors(tensors)).toThrow(RangeError);
  });

  it('never write a header that is too long to be read', () => {
    expect(() => writeSafetensors({}, { card: 'x'.repeat(16 * 1024 * 1024) })).toThrow(RangeError);
  });
});

describe('readSafetensors refuses as `invalid-file`', () => {
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const four = new Uint8Array(4);
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['seven bytes', new Uint8Array(7)],
    ['a header length beyond the file', assemble('{}', four, 1000n)],
    ['a header length of 2^64 - 1', assemble('{}', four, 2n ** 64n - 1n)],
    ['a header of 100 MB', assemble('{}', four, 100_000_000n)],
    ['an empty header', assemble('')],
    ['a header that is a list', assemble([])],
    ['a header that is null', assemble('null')],
    ['a header that is not UTF-8', assemble('"', Uint8Array.of(0xff, 0x22), 3n)],
    ['metadata that is a list', assemble({ __metadata__: [] })],
    ['metadata with numbers', assemble({ __metadata__: { a: 1 } })],
    ['a tensor that is null', assemble({ x: null })],
    ['a tensor that is text', assemble({ x: 'F32' })],
    ['a dtype of Object’s own', assemble({ x: { ...entry, dtype: 'constructor' } }, four)],
    ['an unknown dtype', assemble({ x: { ...entry, dtype: 'F8' } }, four)],
    ['a fractional shape', assemble({ x: { ...entry, shape: [0.5, 2] } }, four)],
    ['a shape whose product overflows', assemble({ x: { ...entry, shape: Array(30).fill(2 ** 52) } }, four)],
    [
      'an infinite shape times zero',
      assemble({ x: { ...entry, shape: [...Array(30).fill(2 ** 52), 0] } }, four),
    ],
    ['offsets that run backwards', assemble({ x: { ...entry, data_offsets: [4, 0] } }, four)],
    ['three offsets', assemble({ x: { ...entry, data_offsets: [0, 4, 4] } }, four)],
    ['offsets beyond the file', assemble({ x: { ...entry, data_offsets: [4, 8] } }, four)],
    [
      'an empty tensor beyond the file',
      assemble({ x: { ...entry, shape: [0], data_offsets: [9, 9] } }, four),
    ],
    ['two tensors on the same bytes', assemble({ x: entry, y: entry }, four)],
    ['a gap', assemble({ x: { ...entry, data_offsets: [4, 8] } }, new Uint8Array(8))],
    ['bytes after the last tensor', assemble({ x: entry }, new Uint8Array(5))],
    ['bytes without a tensor', assemble({}, four)],
  ])('%s', (_, bytes) => {
    expect(refusal(bytes)).toMatchObject({ type: 'invalid-file' });
  });

  const sample = writeSafetensors(
    { w: f32(1, 2, 3), n: { dtype: 'U8', shape: [2], data: Uint8Array.of(1, 2) } },
    { a: 'b' },
  );

  it('a file cut short at any byte', () => {
    for (let length = 0; length < sample.length; length++)
      expect(refusal(sample.subarray(0, length)), `${length}`).toMatchObject({ type: 'invalid-file' });
  });

  it('and fails in no other way, whatever bytes are changed, put in or taken out', () => {
    const edit = fc.record({
      at: fc.nat(sample.length - 1),
      gone: fc.nat(3),
      put: fc.uint8Array({ maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = [...sample];
        for (const { at, gone, put } of edits) bytes.splice(at, gone, ...put);
        const error = refusal(Uint8Array.from(bytes));
        if (error !== null && !(error instanceof HeadwaterError && error.type === 'invalid-file'))
          throw error;
      }),
      { numRuns: 3000 },
    );
  });

  it('and fails in no other way, whatever JSON the header is', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(0, -0, 4, 2 ** 53, [], [0, 4], 'F32'),
    );
    const entries = fc.record({ dtype: value, shape: value, data_offsets: value }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(entries, value)), (header) => {
        const error = refusal(assemble(header, four));
        expect(error).toBeInstanceOf(HeadwaterError);
      }),
      { numRuns: 2000 },
    );
  });
});
