import { beforeEach, describe, expect, it } from 'vitest';
import {
  backboneKey,
  blobKey,
  CurrentBackboneSchema,
  currentBackboneKey,
  type Manifest,
} from '../../../lib/contract/index.ts';
import { manifestOf, putManifest } from '../../../lib/registry/testing.ts';
import { fromJson, sha256, toJson } from '../../../lib/tensors/index.ts';
import { blobsInUse } from './cited.ts';
import { deleteHead, deleteVersion } from './ending-heads.ts';
import { requestSharing } from './sharing.ts';
import { createEndsWorld, type EndsWorld } from './testing/ends-world-node.ts';
import { dataset, keys } from './testing/parts-node.ts';
import { useFrozenDate } from './testing/runner-world-node.ts';

useFrozenDate();
const share = { name: 'mine', head: 'birds', version: 2 };
const file = new TextEncoder().encode('a backbone');
const digest = await sha256(file);
const current = CurrentBackboneSchema.parse({
  ...{ format: 1, name: share.name, digest },
  updated: '2026-01-02T03:04:05.678Z',
});

let world: EndsWorld;
let tuned: Manifest;

/** A head with a linear version and a fine-tuned one, whose blobs lie in the bucket. */
beforeEach(async () => {
  world = await createEndsWorld(4);
  await world.train();
  const blob = async (name: string) => {
    const bytes = new TextEncoder().encode(name);
    await world.bucket.put(blobKey('birds', await sha256(bytes)), bytes);
    return { digest: await sha256(bytes), bytes: bytes.length };
  };
  const tap = { op: 'relu', pooling: 'none' as const, pre: false };
  const golden = { seed: 1, most: 1, code: 'AAAA', tolerance: 0 };
  tuned = manifestOf('birds', 2, {
    strategy: 'fine-tune-top',
    blob: await blob('weights'),
    tail: {
      ...{ from: tap, to: { ...tap, pooling: 'avg' }, inputShape: [4, 4, 8], arithmetic: 'int8' },
      ...{ kernel: 'test', memoryBytes: 9, golden },
      program: await blob('program'),
      graph: await blob('graph'),
    },
  });
  await putManifest(world.bucket, tuned, keys);
});

function trainerStores(key = backboneKey(share.name, digest)) {
  world.trainer = async function* (request) {
    expect(request).toMatchObject({ path: '/v1/shares', share, tail: tuned.tail, snapshot: tuned.snapshot });
    await world.bucket.put(key, file);
    yield { type: 'shared', current };
  };
}

async function shared() {
  const { id } = await requestSharing(world.whole, share);
  await world.settle();
  return world.job(id);
}

describe('sharing a version', () => {
  it('gives the name once the trainer has stored the file', async () => {
    trainerStores();
    expect(await shared()).toMatchObject({ status: 'succeeded', task: 'share', head: null, dataset });
    const note = await world.bucket.get(currentBackboneKey(share.name));
    expect(fromJson(note!.body)).toEqual(current);
  });

  it('fails where the file does not lie in storage, and gives no name', async () => {
    trainerStores(backboneKey('elsewhere', digest));
    expect(await shared()).toMatchObject({ status: 'failed', error: { type: 'trainer-failed' } });
    expect(await world.bucket.head(currentBackboneKey(share.name))).toBeNull();
  });

  it('never replaces a backbone, whether it was there before or has come meanwhile', async () => {
    const key = currentBackboneKey(share.name);
    const other = toJson({ ...current, digest: 'f'.repeat(64) });
    trainerStores();
    const store = world.trainer;
    world.trainer = async function* (request, signal) {
      await world.bucket.put(key, other);
      yield* store(request, signal);
    };
    expect(await shared()).toMatchObject({ status: 'failed', error: { type: 'conflict' } });
    expect((await world.bucket.get(key))!.body).toEqual(other);
    await expect(requestSharing(world.whole, share)).rejects.toMatchObject({ type: 'conflict' });
  });

  it('is refused for a version without layers of its own, for none at all, and without a trainer', async () => {
    const ask = (changes: object, parts = {}) =>
      requestSharing({ ...world.whole, ...parts }, { ...share, ...changes });
    await expect(ask({ version: 1 })).rejects.toMatchObject({ type: 'conflict' });
    await expect(ask({ version: 9 })).rejects.toMatchObject({ type: 'not-found' });
    await expect(ask({}, { hasTrainer: false })).rejects.toMatchObject({ type: 'trainer-unavailable' });
  });

  it('keeps the version, and its head, until it has ended', async () => {
    world.trainer = async function* () {
      yield { type: 'heartbeat' };
      await new Promise(() => {});
    };
    const { id } = await requestSharing(world.whole, share);
    await expect(deleteVersion(world.whole, 'birds', 2)).rejects.toMatchObject({ type: 'conflict' });
    await expect(deleteHead(world.whole, 'birds')).rejects.toMatchObject({ facts: { training: id } });
  });
});

describe('the blobs of a tail', () => {
  it('are in use as long as their version is there, and go with it', async () => {
    const own = [tuned.blob, tuned.tail!.program, tuned.tail!.graph];
    const used = await blobsInUse(world.whole, 'birds');
    expect(own.every(({ digest }) => used!.has(digest))).toBe(true);
    await deleteVersion(world.whole, 'birds', 2);
    const left = await world.keys('heads/birds/blobs/');
    expect(left).toHaveLength(1);
    for (const each of own) expect(left).not.toContain(blobKey('birds', each.digest));
  });
});
