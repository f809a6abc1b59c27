import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { memoryStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import {
  findReference,
  type ReferenceStatistics,
  readReferenceFile,
  writeReferenceFile,
} from './reference-file.ts';

const channels = (values: number[]) => ({
  mean: Float64Array.from(values),
  variance: Float64Array.from(values, (value) => value ** 2),
});
const statistics: ReferenceStatistics = {
  backbone: 'ab'.repeat(32),
  name: '400 photographs of cats and dogs',
  images: 400,
  places: new Map([
    ['conv/one:pre', channels([0.5, -2, 0])],
    ['conv/two:pre', channels([1.25])],
  ]),
};
const file = writeReferenceFile(statistics);

describe('a file of reference statistics', () => {
  it('gives back what was written, to three digits, and the same bytes for the same content', () => {
    const random = fc.array(fc.double({ min: -1000, max: 1000, noNaN: true }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(random, (values) => {
        const written = { ...statistics, places: new Map([['place', channels(values)]]) };
        const { mean, variance } = readReferenceFile(writeReferenceFile(written)).places.get('place')!;
        for (const [c, value] of values.entries()) {
          expect(Math.abs(mean[c]! - value)).toBeLessThanOrEqual(1e-3 * Math.abs(value) + 1e-6);
          expect(Math.abs(variance[c]! - value ** 2)).toBeLessThanOrEqual(2e-3 * value ** 2 + 1e-6);
        }
      }),
    );
    const { places, ...rest } = readReferenceFile(file);
    expect(rest).toEqual({ backbone: statistics.backbone, name: statistics.name, images: 400 });
    expect([...places.keys()]).toEqual([...statistics.places.keys()]);
    expect(writeReferenceFile(readReferenceFile(file))).toEqual(file);
  });

  it('is refused, and never half read, when bytes of it have changed', () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = file.slice();
        changed[at]! ^= by;
        try {
          const { places } = readReferenceFile(changed);
          for (const { mean, variance } of places.values())
            expect([...mean, ...variance].every(Number.isFinite)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(HeadwaterError);
        }
      }),
    );
  });
});

describe('the reference of a backbone in the bucket', () => {
  const current = { name: 'net', digest: statistics.backbone };

  it('is what its note names, and none where it names none or the file is gone', async () => {
    const store = memoryStore();
    const reference = await sha256(file);
    expect(await findReference(store, { ...current, reference: null })).toBeNull();
    expect(await findReference(store, { ...current, reference })).toBeNull();
    await store.put(referenceKey('net', current.digest, reference), file);
    expect(await findReference(store, { ...current, reference })).toMatchObject({ name: statistics.name });
  });

  it('is refused if it is not what its digest says', async () => {
    const store = memoryStore();
    const reference = 'ef'.repeat(32);
    await store.put(referenceKey('net', current.digest, reference), file);
    await expect(findReference(store, { ...current, reference })).rejects.toMatchObject({
      type: 'digest-mismatch',
    });
  });
});
