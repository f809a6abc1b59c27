import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyDigest } from '../contract/testing.ts';
import { HeadwaterError } from '../errors/index.ts';
import { readSafetensors, type Tensor, toFloat16, writeSafetensors } from '../tensors/index.ts';
import { readSegment, type Segment, writeSegment } from './index.ts';
import { spaceA, spaceB } from './testing/examples.ts';

const segment: fc.Arbitrary<Segment> = fc
  .tuple(
    fc.array(anyDigest, { maxLength: 5 }),
    fc.integer({ min: 1, max: 4 }),
    fc.infiniteStream(fc.nat(0xffff)),
  )
  .map(([digests, dims, bits]) => ({
    codeSpace: spaceA,
    dims,
    digests,
    codes: Uint16Array.from([...bits.take(digests.length * dims)]),
  }));

const digests = ['1'.repeat(64), '2'.repeat(64)];
const sample: Segment = { codeSpace: spaceA, dims: 3, digests, codes: toFloat16([1, 2, 3, 4, 5, 6]) };
const refused = expect.objectContaining({ type: 'invalid-file' });

describe('a segment', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(segment, fc.nat(3), (s, shift) => {
        const bytes = writeSegment(s);
        const moved = new Uint8Array(bytes.length + shift).subarray(shift);
        moved.set(bytes);
        expect(readSegment(moved, s.codeSpace)).toEqual(s);
      }),
    );
  });

  it('has the same bytes every time', () => {
    expect(writeSegment({ ...sample })).toEqual(writeSegment(sample));
  });

  it('is not read as one of another space', () => {
    expect(() => readSegment(writeSegment(sample), spaceB)).toThrow(refused);
  });

  it('is not written with codes for more or fewer images than it names', () => {
    expect(() => writeSegment({ ...sample, digests: digests.slice(1) })).toThrow(RangeError);
    expect(() => writeSegment({ ...sample, digests: ['x', ...digests] })).toThrow(RangeError);
  });

  it('that was damaged is refused as `invalid-file`, or read with its shapes intact', () => {
    const bytes = writeSegment(sample);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
        const changed = bytes.slice();
        changed[at] = value;
        try {
          const read = readSegment(changed, spaceA);
          expect(read.codes).toHaveLength(read.digests.length * read.dims);
          for (const digest of read.digests) expect(digest).toMatch(/^[0-9a-f]{64}$/);
        } catch (error) {
          if (!(error instanceof HeadwaterError && error.type === 'invalid-file')) throw error;
        }
      }),
      { numRuns: 1500 },
    );
  });

  const parts = readSafetensors(writeSegment(sample)).tensors;
  const codes = parts.get('codes')!;
  const names = parts.get('digests')!;
  const metadata = { format: '1', codeSpace: spaceA };
  it.each<[string, Record<string, Tensor>, Record<string, string>]>([
    ['without digests', { codes }, metadata],
    ['without codes', { digests: names }, metadata],
    ['with codes of another type', { codes: { ...codes, dtype: 'U16' }, digests: names }, metadata],
    ['with codes in one dimension', { codes: { ...codes, shape: [6] }, digests: names }, metadata],
    [
      'with codes of no numbers',
      { codes: { ...codes, shape: [2, 0], data: new Uint16Array() }, digests: names },
      metadata,
    ],
    ['with more codes than digests', { codes: { ...codes, shape: [3, 2] }, digests: names }, metadata],
    ['with digests of half a length', { codes, digests: { ...names, shape: [4, 16] } }, metadata],
    [
      'with digests of no bytes',
      { codes, digests: { ...names, shape: [2, 32, 0], data: new Uint8Array() } },
      metadata,
    ],
    ['of a later format', { codes, digests: names }, { ...metadata, format: '2' }],
    ['that does not name its space', { codes, digests: names }, { format: '1' }],
  ])('%s is refused', (_, tensors, meta) => {
    expect(() => readSegment(writeSafetensors(tensors, meta), spaceA)).toThrow(refused);
  });
});
