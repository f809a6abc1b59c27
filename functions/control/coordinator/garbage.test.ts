// What garbage collection takes, kind by kind, and what it leaves.

import { beforeEach, describe, expect, it } from 'vitest';
import {
  blobKey,
  checkpointKey,
  exampleKey,
  type GarbageKindName,
  type GarbageRequestData,
  jobKey,
  segmentKey,
  snapshotKey,
  versionKey,
} from '../../../lib/contract/index.ts';
import { deleteHead, deleteVersion } from './ending-heads.ts';
import { collectGarbage } from './garbage.ts';
import {
  createEndsWorld,
  type EndsWorld,
  expectImagesMatchRows,
  trainingSets,
} from './testing/ends-world-node.ts';
import { dataset, deaths, teach, untilDeath } from './testing/parts-node.ts';
import { codeSpace, pass, useFrozenDate } from './testing/runner-world-node.ts';

useFrozenDate();

const hourMs = 3_600_000;
const digest = '1'.repeat(64);
const bytes = new Uint8Array(10);
const request: GarbageRequestData = { graceSeconds: 3600, dryRun: false, spaces: false, jobDays: 90 };

let world: EndsWorld;
beforeEach(async () => {
  world = await createEndsWorld(4);
  await world.train();
});

const collect = (changes: Partial<GarbageRequestData> = {}, keep: string[] = []) =>
  collectGarbage(world.whole, { ...request, ...changes }, keep);
const one = (kind: GarbageKindName, key: string, size = bytes.length) => ({
  objects: 1,
  bytes: size,
  byKind: { [kind]: { objects: 1, bytes: size } },
  keys: [key],
});

const rubbish: [GarbageKindName, string][] = [
  ['blobs', blobKey('birds', digest)],
  ['snapshots', snapshotKey(dataset, digest)],
  ['segments', segmentKey(dataset, codeSpace, '01ARZ3NDEKTSV4RRFFQ69G5FAV')],
  ['examples', exampleKey(dataset, 'even', digest, 'png')],
];

describe.each(rubbish)('%s that nothing points at', (kind, key) => {
  it('are left alone within the grace period, told by a dry run, and deleted after it', async () => {
    await world.bucket.put(key, bytes);
    const before = await trainingSets(world, ['birds']);
    expect(await collect()).toMatchObject({ objects: 0, keys: [] });
    pass(hourMs + 1);
    expect(await collect({ dryRun: true })).toMatchObject({ dryRun: true, ...one(kind, key) });
    expect(await world.bucket.head(key)).not.toBeNull();
    expect(await collect()).toMatchObject(one(kind, key));
    expect(await world.bucket.head(key)).toBeNull();
    expect(await collect()).toMatchObject({ objects: 0, skipped: [] });
    expect(await trainingSets(world, ['birds'])).toEqual(before);
    await expectImagesMatchRows(world);
  });
});

it('takes the records of trainings that ended long ago, and nothing of their versions', async () => {
  const [record] = await world.keys('jobs/');
  pass(90 * 24 * hourMs);
  expect(await collect()).toMatchObject({ objects: 0 });
  pass(2);
  expect((await collect()).keys).toEqual([record]);
  await trainingSets(world, ['birds']);
});

it('takes the checkpoint of a training that has ended, and not of one under way', async () => {
  const [record] = await world.keys('jobs/');
  const ended = record!.replace('.json', '/checkpoint.safetensors');
  world.trainer = async function* () {
    yield { type: 'heartbeat' };
    await new Promise(() => {});
  };
  const id = await world.request();
  const living = checkpointKey(dataset, id.split('.')[1]!);
  for (const key of [ended, living]) await world.bucket.put(key, bytes);
  pass(hourMs + 1);
  expect((await collect()).keys).toEqual([ended]);
  expect(await world.bucket.head(living)).not.toBeNull();
});

it('keeps records of a training under way, however long ago it was asked for', async () => {
  world.trainer = async function* () {
    yield { type: 'heartbeat' };
    await new Promise(() => {});
  };
  const id = await world.request();
  await new Promise((resolve) => setTimeout(resolve, 20));
  pass(91 * 24 * hourMs);
  const { keys, skipped } = await collect();
  expect(keys).not.toContain(jobKey(dataset, id.split('.')[1]!));
  expect(skipped).toContainEqual({ kind: 'blobs', reason: '"birds" is being trained.' });
});

it('takes snapshots, and the segments that they alone have kept, once their version is gone', async () => {
  await teach(world.parts, 9, { codeSpace });
  await world.train();
  await world.supersede(10);
  await world.train();
  const kept = await world.keys('codes/');
  expect(kept.length).toBeGreaterThan(1);
  pass(hourMs + 1);
  expect(await collect()).toMatchObject({ objects: 0 });
  for (const version of [1, 2]) await deleteVersion(world.whole, 'birds', version);
  expect((await collect()).byKind).toMatchObject({ snapshots: { objects: 2 }, segments: {} });
  expect((await world.keys('codes/')).length).toBe(1);
  await trainingSets(world, ['birds']);
});

it('takes nothing that a version which cannot be read may need', async () => {
  await world.bucket.put(versionKey('birds', 1), bytes);
  pass(hourMs + 1);
  const { objects, skipped } = await collect({ spaces: true });
  expect(objects).toBe(0);
  expect(skipped.map(({ kind }) => kind)).toEqual(['blobs', 'snapshots', 'spaces']);
});

it('takes the codes of a space that nobody needs, if it is told to', async () => {
  await deleteHead(world.whole, 'birds');
  pass(hourMs + 1);
  await collect();
  expect((await collect()).objects).toBe(0);
  expect((await collect({ spaces: true }, [codeSpace])).objects).toBe(0);
  expect((await collect({ spaces: true })).byKind).toMatchObject({ spaces: { objects: 1 } });
  expect(await world.keys('codes/')).toEqual([]);
  expect(await world.train()).toMatchObject({ status: 'succeeded' });
});

it('takes what a late trainer has left under the name of a head that was deleted, and nothing of a new one', async () => {
  await deleteHead(world.whole, 'birds');
  await world.bucket.put(blobKey('birds', digest), bytes);
  pass(hourMs + 1);
  expect((await collect()).byKind).toMatchObject({ heads: { objects: 1 } });
  await world.train();
  pass(hourMs + 1);
  expect((await collect()).byKind).toEqual({});
  await trainingSets(world, ['birds']);
});

it('does harm wherever it stops: none; and the next one finishes', async () => {
  for (const death of deaths)
    for (let at = 1; ; at++) {
      world = await createEndsWorld(4);
      await world.train();
      await world.train();
      await deleteVersion(world.whole, 'birds', 1);
      for (const [, key] of rubbish) await world.bucket.put(key, bytes);
      pass(hourMs + 1);
      const before = await trainingSets(world, ['birds']);
      const store = world.again(at, death);
      await untilDeath(collect(), store);
      expect(await trainingSets(world, ['birds'])).toEqual(before);
      world.again();
      await collect();
      expect(await trainingSets(world, ['birds'])).toEqual(before);
      for (const [, key] of rubbish) expect(await world.bucket.head(key), `${death} ${at}`).toBeNull();
      await expectImagesMatchRows(world);
      if (store.calls < at) break;
    }
});
