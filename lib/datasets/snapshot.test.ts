import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Snapshot, segmentKey, snapshotKey } from '../contract/index.ts';
import { memoryStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import {
  buildSnapshot,
  createExampleIndex,
  type ExampleIndex,
  encodeSnapshot,
  readSnapshot,
  readTrainingSet,
  writeSegment,
} from './index.ts';
import { codeOf, digestOf, example, flush, spaceA, spaceB, ulidOf } from './testing/examples.ts';
import { memorySql } from './testing/sql-node.ts';

const freeze = (index: ExampleIndex) =>
  buildSnapshot('ds', spaceA, index.examples(), index.places(spaceA), index.segments(spaceA));

/** A dataset of 7 examples, coded in two segments of space A and one of B, in the order of `order`. */
async function dataset(order: number[] = [0, 1, 2, 3, 4, 5, 6]) {
  const bucket = memoryStore();
  const index = createExampleIndex(memorySql());
  let segments = 0;
  const write = () => flush(bucket, 'ds', index, () => ulidOf(segments++));
  const label = (n: number) => ['bees', '__proto__', 'ants'][n % 3]!;
  const teach = async (n: number) => {
    index.put(await example(n, { label: label(n), group: n > 4 ? 'walk' : null }));
    index.putPendingCode(await digestOf(n), codeOf(n));
  };
  for (const n of order.filter((n) => n < 4)) await teach(n);
  await write();
  for (const n of order.filter((n) => n >= 4)) await teach(n);
  await write();
  index.putPendingCode(await digestOf(0), codeOf(0, spaceB));
  await write();
  return { bucket, index, label };
}

describe('a snapshot', () => {
  it('does not depend on the order in which examples came', async () => {
    const { digest } = await encodeSnapshot(freeze((await dataset()).index));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), async (order) => {
        const { bytes, digest: other } = await encodeSnapshot(freeze((await dataset(order)).index));
        expect(other).toBe(digest);
        expect(await sha256(bytes)).toBe(digest);
      }),
      { numRuns: 15 },
    );
  });

  it('does not depend on the order in which its parts are handed over', async () => {
    const { index } = await dataset();
    const places = new Map([...index.places(spaceA)].reverse());
    const turned = buildSnapshot(
      'ds',
      spaceA,
      index.examples().reverse(),
      places,
      index.segments(spaceA).reverse(),
    );
    expect(turned).toEqual(freeze(index));
  });

  it('is stored as its canonical JSON', async () => {
    const { index } = await dataset();
    const { bytes } = await encodeSnapshot(freeze(index));
    expect(new TextDecoder().decode(bytes)).toBe(canonicalJson(freeze(index)));
  });

  it('changes when a label, a group, or what is in it changes', async () => {
    const digests = new Set<string>();
    const look = async (index: ExampleIndex) => digests.add((await encodeSnapshot(freeze(index))).digest);
    const { index } = await dataset();
    await look(index);
    index.put(await example(0, { label: 'wasps' }));
    await look(index);
    index.put(await example(0, { label: 'wasps', group: 'g' }));
    await look(index);
    index.remove(await digestOf(0));
    await look(index);
    expect(digests.size).toBe(4);
  });

  it('leaves out what has no code, and cites only segments that it reads', async () => {
    const { index } = await dataset();
    index.put(await example(9));
    for (const n of [0, 1, 2, 3]) index.remove(await digestOf(n));
    const { examples, segments } = freeze(index);
    expect(examples).toHaveLength(3);
    expect(segments.map(({ ulid }) => ulid)).toEqual([ulidOf(1)]);
    expect(examples.every(({ segment }) => segment === 0)).toBe(true);
  });

  it('of nothing is empty', () => {
    expect(freeze(createExampleIndex(memorySql()))).toMatchObject({ examples: [], segments: [] });
  });
});

describe('a training set', () => {
  async function publish(changes: (snapshot: Snapshot) => Snapshot = (s) => s) {
    const { bucket, index, label } = await dataset();
    const { bytes, digest } = await encodeSnapshot(changes(freeze(index)));
    await bucket.put(snapshotKey('ds', digest), bytes);
    return { bucket, digest, label };
  }

  it('gives every image its own code, label, group and side', async () => {
    const { bucket, digest, label } = await publish();
    const set = await readTrainingSet(bucket, 'ds', digest);
    expect(set.dims).toBe(3);
    expect(set.labelNames).toEqual(['__proto__', 'ants', 'bees']);
    expect(set.digests).toEqual([...set.digests].sort());
    for (let n = 0; n < 7; n++) {
      const i = set.digests.indexOf(await digestOf(n));
      const row = await example(n, { group: n > 4 ? 'walk' : null });
      expect([...set.codes.subarray(3 * i, 3 * i + 3)]).toEqual([n, n + 1, n + 2]);
      expect(set.labelNames[set.labels[i]!]).toBe(label(n));
      expect(set.groups[i]).toBe(row.group);
      expect(set.split[i]).toBe(row.split);
    }
  });

  it('of an empty snapshot is empty', async () => {
    const { bucket, digest } = await publish((s) => ({ ...s, examples: [], segments: [] }));
    expect(await readTrainingSet(bucket, 'ds', digest)).toMatchObject({
      dims: 0,
      labelNames: [],
      digests: [],
    });
  });

  it('is refused when the snapshot is missing, or not what its digest says', async () => {
    const { bucket, digest } = await publish();
    await expect(readTrainingSet(bucket, 'ds', 'f'.repeat(64))).rejects.toMatchObject({ type: 'not-found' });
    const key = snapshotKey('ds', digest);
    const { body } = (await bucket.get(key))!;
    await bucket.put(
      key,
      body.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
    );
    await expect(readTrainingSet(bucket, 'ds', digest)).rejects.toMatchObject({ type: 'digest-mismatch' });
  });

  it('is refused when a segment is missing, or not what its digest says', async () => {
    const { bucket, digest } = await publish();
    const key = segmentKey('ds', spaceA, ulidOf(1));
    const other = writeSegment({
      codeSpace: spaceA,
      dims: 3,
      digests: [await digestOf(4)],
      codes: new Uint16Array(3),
    });
    await bucket.put(key, other);
    await expect(readTrainingSet(bucket, 'ds', digest)).rejects.toMatchObject({ type: 'digest-mismatch' });
    await bucket.delete(key);
    await expect(readTrainingSet(bucket, 'ds', digest)).rejects.toMatchObject({ type: 'not-found' });
  });

  const change = (edit: (e: Snapshot['examples'][0]) => object) => (s: Snapshot) => ({
    ...s,
    examples: s.examples.map((e) => ({ ...e, ...edit(e) })),
  });
  it.each([
    ['names rows that the segment has not', change(() => ({ row: 99 }))],
    ['names segments that it does not cite', change(() => ({ segment: 2 }))],
    ['gives one image the row of another', change(({ row }) => ({ row: row === 0 ? 1 : 0 }))],
    [
      'is of another code space',
      (s: Snapshot) => ({ ...s, codeSpace: spaceB, segments: s.segments.slice(0, 0) }),
    ],
  ])('is refused when the snapshot %s', async (_, changes) => {
    const { bucket, digest } = await publish(changes);
    await expect(readTrainingSet(bucket, 'ds', digest)).rejects.toMatchObject({ type: 'invalid-file' });
  });

  it.each(['{}', 'null', 'not JSON', '{"format":2}'])(
    'is refused when its digest is right but it is no snapshot: %j',
    async (text) => {
      const bucket = memoryStore();
      const bytes = new TextEncoder().encode(text);
      await bucket.put(snapshotKey('ds', await sha256(bytes)), bytes);
      await expect(readSnapshot(bucket, 'ds', await sha256(bytes))).rejects.toMatchObject({
        type: 'invalid-file',
      });
    },
  );
});
