import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answersOrRefuses, damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import type { ValueStatistics } from '../inference/index.ts';
import { readSafetensors, sha256, type Tensor, writeSafetensors } from '../tensors/index.ts';
import { packStatistics, unpackStatistics } from './packed-statistics.ts';
import { readQuantisation, readQuantisationFile, writeQuantisationFile } from './quantisation-file.ts';

const backbone = 'ab'.repeat(32);
const values = new Map<string, ValueStatistics>([
  ['input', { lo: -0.9, hi: 0.8, least: -1, most: 1, mean: Float32Array.of(-0.25, 0, 0.125) }],
  ['conv:pre', { lo: -3, hi: 4, least: -5, most: 6 }],
  ['conv', { lo: 0, hi: 5.5, least: 0, most: 6, mean: Float32Array.of(0, 0.2, 0.4, 5) }],
  ['silent', { lo: 0, hi: 0, least: 0, most: 0, mean: Float32Array.of(0, 0) }],
]);
const golden = { int8: { kernel: 'headwater-int8/1', codes: { final: Float32Array.of(1, 2.5) } } };
const file = writeQuantisationFile({ backbone, values, golden });

/** The same file with a part changed. */
function changed(tensors: Record<string, Tensor>, metadata: Record<string, string> = {}): Uint8Array {
  const read = readSafetensors(file);
  return writeSafetensors(new Map([...read.tensors, ...Object.entries(tensors)]), {
    ...read.metadata,
    ...metadata,
  });
}

describe('a quantisation file', () => {
  it('has the same bytes for the same content, and gives it back', async () => {
    expect(writeQuantisationFile({ backbone, values, golden })).toEqual(file);
    const read = readQuantisationFile(file);
    expect(read.backbone).toBe(backbone);
    expect(read.golden).toEqual(golden);
    expect([...read.values.keys()]).toEqual([...values.keys()]);
    expect(read.values.get('conv:pre')).toEqual({ lo: -3, hi: 4, least: -5, most: 6 });
    const digest = await sha256(file);
    expect(readQuantisation(file, digest)).toEqual({ digest, values: read.values });
  });

  it('written from what was read has the same bytes again, so that golden codes are of what is stored', () => {
    const read = readQuantisationFile(file);
    expect(writeQuantisationFile(read)).toEqual(file);
  });

  it.each<[string, Uint8Array]>([
    ['another format', changed({}, { format: '2' })],
    ['no backbone', changed({}, { backbone: 'x' })],
    ['a list of values that is none', changed({}, { values: '{"a":1}' })],
    ['a value twice', changed({}, { values: '["input","input","conv","silent"]' })],
    ['fewer values than ranges', changed({}, { values: '["input"]' })],
    ['a tensor that belongs to nothing', changed({ other: tensor([1]) })],
    ['golden codes in an arithmetic without kernels', changed({ 'golden.int16.final': tensor([1]) })],
    ['an arithmetic without golden codes', changed({}, { kernels: '{"int8":"a","int16":"b"}' })],
    ['a golden code that is no number', changed({ 'golden.int8.final': tensor([Number.NaN]) })],
    ['a range without zero', changed({ ranges: ranges([1, 2, 0, 3]) })],
    ['a range beyond its extremes', changed({ ranges: ranges([-2, 2, -1, 3]) })],
    ['an endless range', changed({ ranges: ranges([0, 1, 0, Number.POSITIVE_INFINITY]) })],
    ['more means than there are', changed({ channels: int32([3, 0, 400, 2]) })],
    ['fewer means than there are', changed({ channels: int32([3, 0, 1, 2]) })],
    ['a negative number of means', changed({ channels: int32([-1, 0, 4, 2]) })],
  ])('with %s is refused', (_, bytes) => {
    expect(() => readQuantisationFile(bytes)).toThrow(expect.objectContaining({ type: 'invalid-file' }));
  });

  it('is read or refused when damaged anywhere', async () => {
    const outcomes = { answered: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(damaged([file]), async (bytes) => {
        outcomes[await answersOrRefuses(() => readQuantisationFile(bytes))]++;
      }),
      { numRuns: fuzzRuns(300) },
    );
    expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(0);
  });
});

describe('packed statistics', () => {
  const someValues = fc.array(
    fc.record({
      ends: fc.tuple(
        fc.float({ min: -100, max: 0, noNaN: true }),
        fc.float({ min: 0, max: 100, noNaN: true }),
      ),
      mean: fc.array(fc.float({ min: -50, max: 50, noNaN: true }).map(coarse), { maxLength: 20 }),
    }),
    { maxLength: 10 },
  );

  it('keep ranges exactly and means to half a 255th of their spread, and change no more when packed again', () => {
    fc.assert(
      fc.property(someValues, (drawn) => {
        const original = new Map(
          drawn.map(({ ends: [lo, hi], mean }, i): [string, ValueStatistics] => [
            `value ${i}`,
            {
              ...{ lo: lo + 0, hi: hi + 0, least: lo + 0, most: hi + 0 },
              ...(mean.length > 0 && { mean: Float32Array.from(mean) }),
            },
          ]),
        );
        const packed = packStatistics(original);
        const read = unpackStatistics(packed);
        for (const [name, { mean, ...range }] of original) {
          const { mean: readMean, ...readRange } = read.get(name)!;
          expect(readRange).toEqual(range);
          expect(readMean?.length).toBe(mean?.length);
          const spread = mean ? Math.max(...mean) - Math.min(...mean) : 0;
          mean?.forEach((value, c) => {
            expect(Math.abs(readMean![c]! - value)).toBeLessThanOrEqual(spread / 510 + 1e-5);
          });
        }
        expect(packStatistics(read)).toEqual(packed);
      }),
    );
  });
});

/** No closer together than float32 can tell, and without the sign of a zero, of which nothing is promised. */
const coarse = (value: number) => Math.round(1024 * value) / 1024 + 0;

function tensor(data: number[]): Tensor {
  return { dtype: 'F32', shape: [data.length], data: Float32Array.from(data) };
}

/** The first value's range; the others as they were. */
function ranges(first: number[]): Tensor {
  const data = (readSafetensors(file).tensors.get('ranges')!.data as Float32Array).slice();
  data.set(first);
  return { dtype: 'F32', shape: [4, 4], data };
}

function int32(data: number[]): Tensor {
  return { dtype: 'I32', shape: [data.length], data: Int32Array.from(data) };
}
