import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExampleRow, exampleKey, segmentKey } from '../contract/index.ts';
import { memoryStore, type ObjectStore } from '../storage/index.ts';
import { createExampleIndex, type ExampleIndex, rebuildIndex, splitOf } from './index.ts';
import {
  codeOf,
  digestOf,
  example,
  flush,
  imageBytes,
  spaceA,
  spaceB,
  store,
  ulidOf,
} from './testing/examples.ts';
import { memorySql } from './testing/sql-node.ts';

const split = (e: { digest: string; group: string | null }) => splitOf(e, 0.2);
const newIndex = () => createExampleIndex(memorySql());

/** All that an index says. */
const contents = (index: ExampleIndex) => ({
  examples: index.examples(),
  labels: Object.entries(index.labels()),
  heldOut: index.heldOut(),
  places: [spaceA, spaceB].map((space) => index.places(space)),
  segments: [spaceA, spaceB].map((space) => index.segments(space)),
  pending: index.pendingSpaces(),
  uncoded: [spaceA, spaceB].map((space) => index.uncoded(space)),
});

type Action =
  | { do: 'teach'; n: number; label: string; group: string | null; subject: string | null; space: string }
  | { do: 'erase'; n: number }
  | { do: 'flush'; rows: number };

const label = fc.constantFrom('ants', 'bees', '__proto__', '蜂');
const tag = fc.constantFrom(null, 'walk 1', ' ä/"🐝 ');
const n = fc.nat(6);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('teach' as const),
      n,
      label,
      group: tag,
      subject: tag,
      space: fc.constantFrom(spaceA, spaceB),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), n }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('flush' as const), rows: fc.integer({ min: 1, max: 4 }) }),
  },
);

/** Does to bucket and index what the edge and the coordinator do, in their order. */
async function play(actions: Action[], bucket: ObjectStore, index: ExampleIndex): Promise<void> {
  let time = 0;
  let segments = 0;
  const keyOf = (row: ExampleRow) => exampleKey('ds', row.label, row.digest, row.extension);
  for (const act of [...actions, { do: 'flush', rows: 3 } as const]) {
    if (act.do === 'flush') await flush(bucket, 'ds', index, () => ulidOf(segments++), act.rows);
    else if (act.do === 'erase') {
      const row = index.find(await digestOf(act.n));
      if (row) index.doom(keyOf(row));
      index.remove(await digestOf(act.n));
    } else {
      const { label, group, subject } = act;
      const row = await example(act.n, { label, group, subject, uploaded: 1_700_000_000_000 + ++time });
      await store(bucket, 'ds', act.n, row);
      const before = index.find(row.digest);
      if (before && keyOf(before) !== keyOf(row)) index.doom(keyOf(before));
      index.spare(keyOf(row));
      index.put(row);
      index.putPendingCode(row.digest, codeOf(act.n, act.space));
    }
  }
}

describe('an index rebuilt from the bucket', () => {
  it('equals the one that the uploads made, through moves, groups, subjects and erasures', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
        const bucket = memoryStore();
        const index = newIndex();
        await play(actions, bucket, index);
        for (const key of index.doomed()) await bucket.delete(key);
        const rebuilt = newIndex();
        const counts = await rebuildIndex(bucket, 'ds', rebuilt, split);
        // A segment that still holds the code of an erased image places it again if it came back meanwhile.
        const erased = actions.some((act) => act.do === 'erase');
        if (erased) expect(rebuilt.examples()).toEqual(index.examples());
        else expect(contents(rebuilt)).toEqual(contents(index));
        expect(counts).toEqual({ examples: index.examples().length, codes: rebuilt.allPlaces().length });
        for (const { ulid, space } of index.erasures())
          expect(rebuilt.segments(space).map((s) => s.ulid)).toContain(ulid);
      }),
      { numRuns: 60 },
    );
  });

  it('puts an image that stands under two labels where it was put last', async () => {
    for (const last of ['ants', 'bees']) {
      const bucket = memoryStore();
      for (const label of ['ants', 'bees'])
        await store(bucket, 'ds', 1, await example(1, { label, uploaded: label === last ? 9 : 8 }));
      const index = newIndex();
      await rebuildIndex(bucket, 'ds', index, split);
      expect(index.labels()).toEqual({ [last]: 1 });
      // The other object is left for nobody, or it would come back when the example has been erased.
      const { digest, extension } = await example(1);
      const lost = last === 'ants' ? 'bees' : 'ants';
      expect(index.doomed()).toEqual([exampleKey('ds', lost, digest, extension)]);
    }
  });

  it('does not depend on the pages of the listing', async () => {
    const bucket = memoryStore();
    const index = newIndex();
    for (let i = 0; i < 12; i++) {
      await store(bucket, 'ds', i, await example(i));
      index.put(await example(i));
    }
    const paged = {
      ...bucket,
      list: (options: Parameters<ObjectStore['list']>[0]) => bucket.list({ ...options, limit: 5 }),
    };
    const rebuilt = newIndex();
    await rebuildIndex(paged, 'ds', rebuilt, split);
    expect(contents(rebuilt)).toEqual(contents(index));
  });

  it('replaces a stale index whole', async () => {
    const bucket = memoryStore();
    await store(bucket, 'ds', 1, await example(1));
    const index = newIndex();
    index.put(await example(2));
    index.addSegment(spaceA, ulidOf(1), 'c'.repeat(64), [await digestOf(2)]);
    await rebuildIndex(bucket, 'ds', index, split);
    expect(index.examples()).toEqual([await example(1)]);
    expect(index.segments(spaceA)).toEqual([]);
  });

  it('takes an object without our metadata for what its key and its age say', async () => {
    const bucket = memoryStore({ now: () => 1234 });
    const digest = await digestOf(1);
    await bucket.put(exampleKey('ds', 'ants', digest, 'jpg'), imageBytes(1));
    const index = newIndex();
    await rebuildIndex(bucket, 'ds', index, split);
    expect(index.find(digest)).toEqual(await example(1, { uploaded: 1234 }));
  });

  it('passes over what others have put there, and over segments that are broken', async () => {
    const bucket = memoryStore();
    const digest = await digestOf(1);
    await store(bucket, 'ds', 1, await example(1));
    await store(bucket, 'ds2', 2, await example(2));
    for (const key of [
      'examples/ds/notes.txt',
      `examples/ds/a\u0308/${digest}.jpg`,
      `examples/ds/${'x'.repeat(65)}/${digest}.jpg`,
    ])
      await bucket.put(key, new Uint8Array(1));
    await bucket.put(segmentKey('ds', spaceA, ulidOf(1)), new Uint8Array(100));
    await bucket.put(`codes/ds/${spaceA}/readme.txt`, new Uint8Array(1));
    const index = newIndex();
    expect(await rebuildIndex(bucket, 'ds', index, split)).toEqual({ examples: 1, codes: 0 });
    expect(index.uncoded(spaceA)).toEqual([await example(1)]);
  });

  it('marks a segment with the code of an image that is no longer there', async () => {
    const bucket = memoryStore();
    const index = newIndex();
    await play(
      [
        { do: 'teach', n: 1, label: 'ants', group: null, subject: null, space: spaceA },
        { do: 'flush', rows: 9 },
        { do: 'erase', n: 1 },
      ],
      bucket,
      index,
    );
    for (const key of index.doomed()) await bucket.delete(key);
    const rebuilt = newIndex();
    await rebuildIndex(bucket, 'ds', rebuilt, split);
    expect(rebuilt.erasures()).toEqual([{ space: spaceA, ulid: ulidOf(0) }]);
    expect(rebuilt.examples()).toEqual([]);
  });

  it('is left as it was when the store fails half-way', async () => {
    const bucket = memoryStore();
    await store(bucket, 'ds', 1, await example(1));
    await bucket.put(segmentKey('ds', spaceA, ulidOf(1)), new Uint8Array(100));
    const failing: ObjectStore = { ...bucket, get: () => Promise.reject(new Error('down')) };
    const index = newIndex();
    index.put(await example(2));
    await expect(rebuildIndex(failing, 'ds', index, split)).rejects.toThrow('down');
    expect(index.examples()).toEqual([await example(2)]);
  });
});
