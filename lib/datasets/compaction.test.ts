import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactedBytes, mergedAtOnce, mergeSegments, planCompaction, tierWidth } from './index.ts';
import { digestOf, spaceA, spaceB, ulidOf } from './testing/examples.ts';

const codeBytes = 2 * 1344;

/** Writes rows in batches and merges whenever there is something to merge; answers rows of each segment left, and how
 *  often a row was copied on average. */
function grow(batches: number[]): { left: number[]; copies: number } {
  let segments: { ulid: string; bytes: number }[] = [];
  let named = 0;
  let copied = 0;
  for (const rows of batches) {
    segments.push({ ulid: ulidOf(named++), bytes: rows * codeBytes });
    for (let plan = planCompaction(segments); plan.length > 0; plan = planCompaction(segments)) {
      const bytes = segments.filter(({ ulid }) => plan.includes(ulid)).reduce((sum, s) => sum + s.bytes, 0);
      copied += bytes / codeBytes;
      segments = segments.filter(({ ulid }) => !plan.includes(ulid));
      segments.push({ ulid: ulidOf(named++), bytes });
    }
  }
  const rows = batches.reduce((a, b) => a + b, 0);
  return { left: segments.map(({ bytes }) => bytes / codeBytes), copies: copied / rows };
}

describe('a plan', () => {
  it('leaves tens of segments of 10,000 codes, however slowly they came, and copies each a few times', () => {
    for (const batch of [1, 2, 7, 30, 100, 512]) {
      const { left, copies } = grow(Array.from({ length: Math.ceil(10_000 / batch) }, () => batch));
      expect(left.length, `batches of ${batch}`).toBeLessThanOrEqual(40);
      expect(copies, `batches of ${batch}`).toBeLessThanOrEqual(4);
    }
  });

  it('merges several segments or none, never into one that is too large', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 2 * compactedBytes }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, (bytes) => {
        const segments = bytes.map((size, i) => ({ ulid: ulidOf(i), bytes: size }));
        const plan = planCompaction(segments);
        if (plan.length === 0) return;
        const merged = segments.filter(({ ulid }) => plan.includes(ulid));
        expect(plan.length).toBeGreaterThan(1);
        expect(plan.length).toBeLessThanOrEqual(mergedAtOnce);
        expect(merged.map(({ ulid }) => ulid)).toEqual(plan);
        expect(merged.reduce((sum, s) => sum + s.bytes, 0)).toBeLessThanOrEqual(compactedBytes);
      }),
    );
  });

  it('comes to rest with few that are not full', () => {
    const batches = fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 400 });
    fc.assert(
      fc.property(batches, (rows) => {
        const full = compactedBytes / 2 / codeBytes;
        expect(grow(rows).left.filter((n) => n <= full).length).toBeLessThanOrEqual(4 * (tierWidth - 1));
      }),
    );
  });
});

describe('merging', () => {
  it('keeps every code with its digest, in order', async () => {
    const part = async (from: number, n: number) => ({
      codeSpace: spaceA,
      dims: 2,
      digests: await Promise.all(Array.from({ length: n }, (_, i) => digestOf(from + i))),
      codes: Uint16Array.from({ length: 2 * n }, (_, i) => 100 * from + i),
    });
    const parts = [await part(1, 2), await part(5, 0), await part(9, 1)];
    expect(mergeSegments(parts)).toEqual({
      codeSpace: spaceA,
      dims: 2,
      digests: [...parts[0]!.digests, ...parts[2]!.digests],
      codes: Uint16Array.from([100, 101, 102, 103, 900, 901]),
    });
    expect(mergeSegments([await part(5, 0)])).toBeNull();
    expect(mergeSegments([])).toBeNull();
    expect(() => mergeSegments([parts[0]!, { ...parts[2]!, codeSpace: spaceB }])).toThrow(RangeError);
  });
});
