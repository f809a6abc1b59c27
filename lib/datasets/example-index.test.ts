import { beforeEach, describe, expect, it } from 'vitest';
import { createExampleIndex, type ExampleIndex } from './index.ts';
import { codeOf, digestOf, example, spaceA, spaceB, ulidOf } from './testing/examples.ts';
import { memorySql } from './testing/sql-node.ts';

let index: ExampleIndex;
beforeEach(() => {
  index = createExampleIndex(memorySql());
});

const sha = 'c'.repeat(64);

describe('examples', () => {
  it('come back as they were put', async () => {
    const row = await example(1, {
      label: '蜂',
      group: 'a/b: "c"',
      subject: "Robert'); DROP TABLE examples",
      bytes: 2 ** 31,
    });
    index.put(row);
    expect(index.find(row.digest)).toEqual(row);
    expect(index.find(await digestOf(2))).toBeNull();
  });

  it('survive a second opening of the same database', async () => {
    const sql = memorySql();
    createExampleIndex(sql).put(await example(1));
    expect(createExampleIndex(sql).examples()).toEqual([await example(1)]);
  });

  it('put twice are one, and stand under the label that was put last', async () => {
    index.put(await example(1));
    const moved = await example(1, {
      label: 'bees',
      group: 'g',
      subject: 's',
      uploaded: 5,
      extension: 'png',
    });
    index.put(moved);
    expect(index.examples()).toEqual([moved]);
    expect(index.labels()).toEqual({ bees: 1 });
  });

  it('are counted by label, whatever a label is called', async () => {
    for (const [n, label] of ['__proto__', '__proto__', 'constructor', '10', '2', 'bees'].entries())
      index.put(await example(n, { label }));
    expect(Object.entries(index.labels()).sort()).toEqual([
      ['10', 1],
      ['2', 1],
      ['__proto__', 2],
      ['bees', 1],
      ['constructor', 1],
    ]);
  });

  it('held out are counted', async () => {
    for (let n = 0; n < 3; n++) index.put(await example(n, { split: n < 2 ? 'heldout' : 'train' }));
    expect(index.heldOut()).toBe(2);
  });
});

describe('codes', () => {
  it('wait until a segment holds them', async () => {
    const digest = await digestOf(1);
    index.put(await example(1));
    index.putPendingCode(digest, codeOf(1));
    expect(index.pendingSpaces()).toEqual([{ space: spaceA, n: 1 }]);
    expect(index.pendingCodes(spaceA, 9)).toEqual([{ digest, dims: 3, code: codeOf(1).code }]);
    index.addSegment(spaceA, ulidOf(1), sha, [digest]);
    expect(index.pendingSpaces()).toEqual([]);
    expect(index.places(spaceA)).toEqual(new Map([[digest, { ulid: ulidOf(1), row: 0 }]]));
    expect(index.segments(spaceA)).toEqual([{ ulid: ulidOf(1), sha256: sha }]);
  });

  it('that a segment holds do not wait again', async () => {
    index.put(await example(1));
    index.addSegment(spaceA, ulidOf(1), sha, [await digestOf(1)]);
    index.putPendingCode(await digestOf(1), codeOf(1));
    expect(index.pendingSpaces()).toEqual([]);
  });

  it('are kept from a view, without the bytes around it', async () => {
    const around = new Uint8Array(12).fill(9);
    around.set(codeOf(1).code, 4);
    index.putPendingCode(await digestOf(1), { ...codeOf(1), code: around.subarray(4, 10) });
    expect(index.pendingCodes(spaceA, 1)[0]!.code).toEqual(codeOf(1).code);
  });

  it.each([0, 2, 4])('of a length that is not theirs are refused: %d numbers in 6 bytes', async (dims) => {
    const digest = await digestOf(1);
    const broken = { ...codeOf(1), dims };
    expect(() => index.putPendingCode(digest, broken)).toThrow(
      expect.objectContaining({ type: 'invalid-file' }),
    );
    expect(index.pendingSpaces()).toEqual([]);
  });

  it('come in batches in the order of their digests', async () => {
    const digests = await Promise.all([1, 2, 3, 4, 5].map(digestOf));
    for (const digest of digests) index.putPendingCode(digest, codeOf(1));
    expect(index.pendingCodes(spaceA, 3).map(({ digest }) => digest)).toEqual(
      [...digests].sort().slice(0, 3),
    );
  });

  it('are missing in one space though they are there in another', async () => {
    for (const n of [1, 2, 3, 4]) index.put(await example(n));
    index.putPendingCode(await digestOf(1), codeOf(1));
    index.addSegment(spaceA, ulidOf(1), sha, [await digestOf(2)]);
    index.markUnreadable(spaceA, await digestOf(3), 'truncated');
    expect(index.uncoded(spaceA)).toEqual([await example(4)]);
    expect(index.uncoded(spaceB)).toHaveLength(4);
  });

  it('are looked up in the newest of several segments, in whatever order those came', async () => {
    index.put(await example(1));
    const digest = await digestOf(1);
    for (const n of [2, 1, 3]) index.addSegment(spaceA, ulidOf(n), sha, [await digestOf(n + 10), digest]);
    expect(index.places(spaceA).get(digest)).toEqual({ ulid: ulidOf(3), row: 1 });
    index.removeSegment(spaceA, ulidOf(3));
    expect(index.places(spaceA).get(digest)).toEqual({ ulid: ulidOf(2), row: 1 });
    expect(index.allPlaces()).toEqual([`${spaceA} ${digest}`]);
  });
});

describe('an erased example', () => {
  it('leaves no row, no code, no excuse, and dooms every segment that holds its code', async () => {
    const digest = await digestOf(1);
    index.put(await example(1));
    for (const n of [1, 2]) index.addSegment(spaceA, ulidOf(n), sha, [digest]);
    index.putPendingCode(digest, codeOf(1, spaceB));
    index.markUnreadable(spaceB, digest, 'x');
    index.remove(digest);
    expect(index.examples()).toEqual([]);
    expect(index.places(spaceA).size).toBe(0);
    expect(index.pendingSpaces()).toEqual([]);
    expect(index.erasures()).toEqual([1, 2].map((n) => ({ space: spaceA, ulid: ulidOf(n) })));
  });

  it('marks a segment that was being written meanwhile', async () => {
    index.addSegment(spaceA, ulidOf(1), sha, [await digestOf(1)]);
    expect(index.erasures()).toEqual([{ space: spaceA, ulid: ulidOf(1) }]);
    expect(index.places(spaceA).size).toBe(0);
    index.removeSegment(spaceA, ulidOf(1));
    expect(index.erasures()).toEqual([]);
    expect(index.segments(spaceA)).toEqual([]);
  });
});

describe('what is left to tidy', () => {
  it('remembers doomed objects until they are spared, and through a rebuild', () => {
    index.doom('b');
    index.doom('a');
    index.doom('a');
    index.clear();
    expect(index.doomed()).toEqual(['a', 'b']);
    expect(index.isDoomed('a')).toBe(true);
    index.spare('a');
    expect(index.isDoomed('a')).toBe(false);
    expect(index.doomed()).toEqual(['b']);
  });
});
