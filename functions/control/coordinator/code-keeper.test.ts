import { describe, expect, it } from 'vitest';
import { codesPrefix, exampleKey, segmentKey } from '../../../lib/contract/index.ts';
import { readSegment } from '../../../lib/datasets/index.ts';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { listAll, memoryStore, type ObjectStore } from '../../../lib/storage/index.ts';
import { segmentRows } from './code-keeper.ts';
import {
  codeBytes,
  createParts,
  dataset,
  deaths,
  mortalStore,
  type Parts,
  space,
  teach,
  untilDeath,
} from './testing/parts-node.ts';

/** Every code that lies in a segment of the bucket: "digest first-number", and the keys of the segments. */
async function inBucket(store: ObjectStore) {
  const codes: string[] = [];
  const segments: string[] = [];
  for await (const { key } of listAll(store, codesPrefix(dataset))) {
    segments.push(key);
    const segment = readSegment((await store.get(key))!.body, space);
    for (const [row, digest] of segment.digests.entries())
      codes.push(`${digest} ${segment.codes[row * segment.dims + 1]}`);
  }
  return { codes: codes.sort(), segments };
}

/** Teaches examples 1..n; answers what the bucket must hold of them in the end. */
async function teachMany(parts: Parts, n: number) {
  const rows = [];
  for (let i = 1; i <= n; i++) rows.push(await teach(parts, i));
  return { rows, codes: rows.map(({ digest }, i) => `${digest} ${i + 1}`).sort() };
}

/** The bucket holds exactly the segments that the index knows. */
async function expectNothingLeftOver({ store, index }: Parts) {
  const known = index.segments(space).map(({ ulid }) => segmentKey(dataset, space, ulid));
  expect((await inBucket(store)).segments.sort()).toEqual(known.sort());
  expect(index.doomed()).toEqual([]);
  expect(index.erasures()).toEqual([]);
}

describe('flushing', () => {
  it('moves every pending code into segments of bounded size, and its place into the index', async () => {
    const parts = createParts();
    const { codes } = await teachMany(parts, segmentRows + 1);
    await parts.codes.flush();
    expect((await inBucket(parts.store)).codes).toEqual(codes);
    expect(parts.index.segments(space)).toHaveLength(2);
    expect(parts.index.pendingSpaces()).toEqual([]);
    for (const [digest, { ulid, row }] of parts.index.places(space)) {
      const object = await parts.store.get(segmentKey(dataset, space, ulid));
      expect(readSegment(object!.body, space).digests[row]).toBe(digest);
    }
    await expectNothingLeftOver(parts);
  });

  it('loses no code and leaves no segment behind, wherever it dies', async () => {
    for (const death of deaths)
      for (let at = 1; at <= 2; at++) {
        const [sql, bucket] = [memorySql(), memoryStore()];
        const { codes } = await teachMany(createParts(sql, bucket), 3);
        const mortal = mortalStore(bucket, at, death);
        await untilDeath(createParts(sql, mortal).codes.flush(), mortal);
        const again = createParts(sql, bucket);
        await again.codes.sweep();
        await again.codes.flush();
        expect((await inBucket(bucket)).codes, `${death} ${at}`).toEqual(codes);
        await expectNothingLeftOver(again);
      }
  });

  it('takes a code out again whose image was erased while the segment was being written', async () => {
    const parts = createParts();
    const { rows, codes } = await teachMany(parts, 3);
    const flushed = parts.codes.flush();
    await Promise.resolve();
    parts.index.remove(rows[1]!.digest);
    await flushed;
    await parts.codes.erase();
    await parts.codes.sweep();
    expect((await inBucket(parts.store)).codes).toEqual(
      codes.filter((code) => !code.startsWith(rows[1]!.digest)),
    );
    await expectNothingLeftOver(parts);
  });
});

describe('erasing', () => {
  async function world() {
    const [sql, bucket] = [memorySql(), memoryStore()];
    const parts = createParts(sql, bucket);
    const { rows, codes } = await teachMany(parts, 4);
    await parts.codes.flush();
    const left = codes.filter((code) => !code.startsWith(rows[1]!.digest));
    return { sql, bucket, parts, rows, left };
  }

  it('rewrites the segment without the code, and deletes the old one', async () => {
    const { parts, bucket, rows, left } = await world();
    const [before] = parts.index.segments(space);
    parts.index.remove(rows[1]!.digest);
    await parts.codes.erase();
    // Until the sweep a reader of the old segment still finds it.
    expect(await bucket.head(segmentKey(dataset, space, before!.ulid))).not.toBeNull();
    await parts.codes.sweep();
    expect((await inBucket(bucket)).codes).toEqual(left);
    expect(parts.index.uncoded(space)).toEqual([]);
    await expectNothingLeftOver(parts);
  });

  it('writes no empty segment when the last code goes', async () => {
    const parts = createParts();
    const row = await teach(parts, 1);
    await parts.codes.flush();
    parts.index.remove(row.digest);
    await parts.codes.erase();
    await parts.codes.sweep();
    expect((await inBucket(parts.store)).segments).toEqual([]);
    await expectNothingLeftOver(parts);
  });

  it('is finished by the next run wherever it dies, and takes no other code along', async () => {
    for (const death of deaths)
      for (let at = 1; at <= 4; at++) {
        const { sql, bucket, parts, rows, left } = await world();
        parts.index.remove(rows[1]!.digest);
        const mortal = mortalStore(bucket, at, death);
        const dying = createParts(sql, mortal);
        await untilDeath(
          dying.codes.erase().then(() => dying.codes.sweep()),
          mortal,
        );
        const again = createParts(sql, bucket);
        expect(again.index.uncoded(space), `${death} ${at}`).toEqual([]);
        await again.codes.sweep();
        await again.codes.erase();
        await again.codes.sweep();
        expect((await inBucket(bucket)).codes, `${death} ${at}`).toEqual(left);
        await expectNothingLeftOver(again);
      }
  });

  it('gives up a segment that is gone or was tampered with, so that its codes are made anew', async () => {
    for (const spoil of ['delete', 'swap', 'junk']) {
      const { parts, bucket, rows } = await world();
      const key = segmentKey(dataset, space, parts.index.segments(space)[0]!.ulid);
      const body = (await bucket.get(key))!.body;
      if (spoil === 'delete') await bucket.delete(key);
      // One bit of a code: still a segment, and no longer ours.
      body[body.length - 1]! ^= 1;
      if (spoil === 'swap') await bucket.put(key, body);
      if (spoil === 'junk') await bucket.put(key, new Uint8Array([1, 2, 3]));
      parts.index.remove(rows[1]!.digest);
      await parts.codes.erase();
      await parts.codes.sweep();
      expect(
        parts.index.uncoded(space).map(({ digest }) => digest),
        spoil,
      ).toEqual([rows[0]!, rows[2]!, rows[3]!].map(({ digest }) => digest).sort());
      await expectNothingLeftOver(parts);
    }
  });
});

describe('sweeping', () => {
  it('deletes what is doomed, and goes on where it failed', async () => {
    const [sql, bucket] = [memorySql(), memoryStore()];
    for (const key of ['a', 'b', 'c']) {
      await bucket.put(key, new Uint8Array());
      createParts(sql, bucket).index.doom(key);
    }
    await expect(createParts(sql, mortalStore(bucket, 2, 'fail-before')).codes.sweep()).rejects.toThrow();
    expect(createParts(sql, bucket).index.doomed()).toEqual(['b', 'c']);
    await createParts(sql, bucket).codes.sweep();
    expect((await bucket.list({ prefix: '' })).objects).toEqual([]);
  });

  const key = exampleKey(dataset, 'odd', 'b'.repeat(64), 'png');

  it('spares what was uploaded again before it came there', async () => {
    const parts = createParts();
    await parts.store.put(key, new Uint8Array());
    parts.index.doom(key);
    expect(await parts.codes.reprieve(key)).toBe(true);
    await parts.codes.sweep();
    expect(await parts.store.head(key)).not.toBeNull();
  });

  it('is noticed by an upload that it came in between, even when it is long over', async () => {
    const parts = createParts();
    await parts.store.put(key, new Uint8Array());
    parts.index.doom(key);
    await parts.codes.sweep();
    expect(parts.index.isDoomed(key)).toBe(false);
    expect(await parts.codes.reprieve(key)).toBe(false);
  });

  it('never takes an object whose upload was told that it stands, whatever comes first', async () => {
    const turns = async (n: number) => {
      for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    const outcomes = new Set<boolean>();
    for (let before = 0; before < 8; before++)
      for (let sweepAt = 0; sweepAt < 8; sweepAt++) {
        const bucket = memoryStore();
        const slow: ObjectStore = {
          ...bucket,
          head: (name) => turns(2).then(() => bucket.head(name)),
          delete: (names) => turns(2).then(() => bucket.delete(names).then(() => turns(1))),
        };
        const parts = createParts(memorySql(), slow);
        parts.index.doom(key);
        const sweep = turns(sweepAt).then(() => parts.codes.sweep());
        const upload = bucket
          .put(key, new Uint8Array())
          .then(() => turns(before))
          .then(() => parts.codes.reprieve(key));
        const [stands] = await Promise.all([upload, sweep]);
        await parts.codes.sweep();
        outcomes.add(stands);
        if (stands) expect(await bucket.head(key), `${before} ${sweepAt}`).not.toBeNull();
      }
    expect(outcomes).toEqual(new Set([true, false]));
  });
});

it('keeps codes as they came', async () => {
  const parts = createParts();
  const { digest } = await teach(parts, 5);
  await parts.codes.flush();
  const { ulid } = parts.index.segments(space)[0]!;
  const segment = readSegment((await parts.store.get(segmentKey(dataset, space, ulid)))!.body, space);
  expect(segment).toMatchObject({ dims: 2, digests: [digest] });
  expect(new Uint8Array(segment.codes.slice().buffer)).toEqual(codeBytes(5));
});
