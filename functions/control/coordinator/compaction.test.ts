// Compaction in bucket and index: what is left, what a snapshot keeps, and every way to die on the way.

import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { codesPrefix, segmentKey, snapshotKey } from '../../../lib/contract/index.ts';
import {
  buildSnapshot,
  createExampleIndex,
  encodeSnapshot,
  readSegment,
  readTrainingSet,
  rebuildIndex,
  tierWidth,
  writeSegment,
} from '../../../lib/datasets/index.ts';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { listAll, memoryStore, type ObjectStore } from '../../../lib/storage/index.ts';
import { sha256 } from '../../../lib/tensors/index.ts';
import {
  createParts,
  dataset,
  deaths,
  mortalStore,
  type Parts,
  space,
  teach,
  untilDeath,
} from './testing/parts-node.ts';

/** Teaches n examples, each in a segment of its own. */
async function inDribs(parts: Parts, n: number) {
  const rows = [];
  for (let i = 1; i <= n; i++) {
    rows.push(await teach(parts, i));
    await parts.codes.flush();
  }
  return rows;
}

async function freeze({ store, index }: Parts): Promise<string> {
  const places = index.places(space);
  const snapshot = buildSnapshot(dataset, space, index.examples(), places, index.segments(space));
  const { bytes, digest } = await encodeSnapshot(snapshot);
  await store.put(snapshotKey(dataset, digest), bytes);
  index.cite(
    digest,
    space,
    snapshot.segments.map(({ ulid }) => ulid),
  );
  return digest;
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, codesPrefix(dataset))) keys.push(key);
  return keys;
}

const codesOf = async (parts: Parts) => {
  const { digests, codes } = await readTrainingSet(parts.store, dataset, await freeze(parts));
  return { digests, codes };
};

async function settle(parts: Parts): Promise<void> {
  await parts.codes.sweep();
  await parts.codes.erase();
  await parts.codes.compact();
  await parts.codes.sweep();
}

const knownKeys = ({ index }: Parts) =>
  index.segments(space).map(({ ulid }) => segmentKey(dataset, space, ulid));

describe('compacting', () => {
  it('leaves few segments with the same codes, bit for bit', async () => {
    const parts = createParts();
    await inDribs(parts, 150);
    const before = await readTrainingSet(parts.store, dataset, await freeze(parts));
    for (const snapshot of parts.index.citingSnapshots()) parts.index.uncite(snapshot);
    await settle(parts);
    expect((await keysOf(parts.store)).length).toBeLessThan(tierWidth);
    expect(await readTrainingSet(parts.store, dataset, await freeze(parts))).toEqual(before);
    expect(await keysOf(parts.store)).toEqual(knownKeys(parts));
  });

  it('keeps what a snapshot cites, reads the compacted codes from then on, and lets go when nothing cites', async () => {
    const parts = createParts();
    await inDribs(parts, tierWidth);
    const old = await freeze(parts);
    const before = await readTrainingSet(parts.store, dataset, old);
    await settle(parts);
    expect(await keysOf(parts.store)).toHaveLength(tierWidth + 1);
    expect(await readTrainingSet(parts.store, dataset, old)).toEqual(before);
    const fresh = await freeze(parts);
    expect(parts.index.liveSegments(space)).toHaveLength(1);
    expect(await readTrainingSet(parts.store, dataset, fresh)).toEqual(before);
    parts.index.uncite(old);
    await settle(parts);
    expect(await keysOf(parts.store)).toHaveLength(1);
    expect(await readTrainingSet(parts.store, dataset, fresh)).toEqual(before);
  });

  it('is known to a rebuilt index as to the one that did it', async () => {
    const parts = createParts();
    await inDribs(parts, tierWidth);
    await freeze(parts);
    await settle(parts);
    await teach(parts, 50);
    await parts.codes.flush();
    const index = createExampleIndex(memorySql());
    await rebuildIndex(parts.store, dataset, index, async () => 'train');
    for (const what of ['places', 'segments', 'liveSegments', 'staleSegments'] as const)
      expect(index[what](space), what).toEqual(parts.index[what](space));
    expect(index.citedSegments()).toEqual(parts.index.citedSegments());
    expect(index.citingSnapshots()).toEqual(parts.index.citingSnapshots());
  });

  it('hides no copy from an erasure', async () => {
    const parts = createParts();
    const rows = await inDribs(parts, tierWidth);
    const old = await freeze(parts);
    await settle(parts);
    parts.index.remove(rows[2]!.digest);
    await settle(parts);
    for (const key of await keysOf(parts.store))
      expect(readSegment((await parts.store.get(key))!.body, space).digests).not.toContain(rows[2]!.digest);
    await expect(readTrainingSet(parts.store, dataset, old)).rejects.toMatchObject({ type: 'not-found' });
    expect((await codesOf(parts)).digests).toEqual(
      rows.flatMap(({ digest }, i) => (i === 2 ? [] : [digest])).sort(),
    );
  });

  it('takes a code out again whose image was erased while the segments were being read', async () => {
    const parts = createParts();
    const rows = await inDribs(parts, tierWidth);
    const compacted = parts.codes.compact();
    await Promise.resolve();
    parts.index.remove(rows[0]!.digest);
    await compacted;
    await settle(parts);
    for (const key of await keysOf(parts.store))
      expect(readSegment((await parts.store.get(key))!.body, space).digests).not.toContain(rows[0]!.digest);
  });

  it('counts as newer than what it came from, whatever the clock says', async () => {
    const parts = createParts();
    const ahead = Date.now() + 1_000_000;
    const rows = [];
    for (let i = 1; i <= tierWidth; i++) rows.push(await teach(parts, i));
    for (const { digest } of rows) {
      const name = ulid(ahead);
      const bytes = writeSegment({ codeSpace: space, dims: 2, digests: [digest], codes: new Uint16Array(2) });
      await parts.store.put(segmentKey(dataset, space, name), bytes);
      parts.index.addSegment(space, name, await sha256(bytes), [digest], 2);
    }
    await settle(parts);
    expect(parts.index.segments(space)).toHaveLength(1);
    expect(parts.index.uncoded(space)).toEqual([]);
  });

  it('gives up segments that are gone, so that their codes are made anew, and merges the others', async () => {
    const parts = createParts();
    const rows = await inDribs(parts, tierWidth);
    const lost = parts.index.placeOf(space, rows[3]!.digest)!;
    await parts.store.delete(segmentKey(dataset, space, lost));
    await settle(parts);
    expect(parts.index.uncoded(space).map(({ digest }) => digest)).toEqual([rows[3]!.digest]);
    expect(parts.index.segments(space)).toHaveLength(1);
  });

  it('stops when it is told to', async () => {
    const parts = createParts();
    await inDribs(parts, tierWidth);
    await parts.codes.compact(() => false);
    expect(parts.index.segments(space)).toHaveLength(tierWidth);
  });

  it('is finished by the next run wherever it dies, and loses no code', async () => {
    const reference = createParts();
    await inDribs(reference, tierWidth);
    const codes = await codesOf(reference);
    for (const cited of [false, true])
      for (const death of deaths)
        for (let at = 1; at <= 2 * tierWidth + 2; at++) {
          const [sql, bucket] = [memorySql(), memoryStore()];
          const parts = createParts(sql, bucket);
          await inDribs(parts, tierWidth);
          if (cited) await freeze(parts);
          const mortal = mortalStore(bucket, at, death);
          const dying = createParts(sql, mortal);
          await untilDeath(
            dying.codes.compact().then(() => dying.codes.sweep()),
            mortal,
          );
          const again = createParts(sql, bucket);
          await settle(again);
          const where = `${death} ${at} ${cited}`;
          expect(await keysOf(bucket), where).toEqual(knownKeys(again));
          expect(again.index.liveSegments(space), where).toHaveLength(1);
          expect(again.index.segments(space), where).toHaveLength(cited ? tierWidth + 1 : 1);
          expect(await codesOf(again), where).toEqual(codes);
        }
  });
});
