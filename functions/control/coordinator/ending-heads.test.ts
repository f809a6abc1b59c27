// Deleting heads and versions, with a crash at every call of the store.

import { describe, expect, it } from 'vitest';
import { blobKey, channelsKey, floorKey, headKey, versionKey } from '../../../lib/contract/index.ts';
import { listVersions, readChannels, readFloor, readManifest } from '../../../lib/registry/index.ts';
import { fromJson, toJson } from '../../../lib/tensors/index.ts';
import { deleteHead, deleteVersion } from './ending-heads.ts';
import { type GoingLive, promoteVersion, rollBackVersion } from './going-live.ts';
import { createEndsWorld, type EndsWorld, expectNoHalfHead } from './testing/ends-world-node.ts';
import { deaths, keys, untilDeath } from './testing/parts-node.ts';
import { useFrozenDate } from './testing/runner-world-node.ts';

useFrozenDate();

const channelsOf = async ({ bucket }: EndsWorld) =>
  (await readChannels(bucket, 'birds', keys.verifier))?.channels;

async function worldWith(versions: number): Promise<EndsWorld> {
  const world = await createEndsWorld(4);
  for (let n = 0; n < versions; n++) expect(await world.train()).toMatchObject({ status: 'succeeded' });
  return world;
}

describe('deleting a head', () => {
  it('leaves nothing of it but the numbers that it has used, and a second time is told that it is gone', async () => {
    const world = await worldWith(3);
    await deleteHead(world.whole, 'birds');
    expect(await world.keys('heads/')).toEqual([]);
    expect(await readFloor(world.bucket, 'birds')).toEqual({ version: 3, sequence: 3 });
    await expect(deleteHead(world.whole, 'birds')).rejects.toMatchObject({ type: 'not-found' });
  });

  it('waits for nobody: while a training of it is not over, it is refused', async () => {
    const world = await worldWith(1);
    world.trainer = async function* () {
      yield { type: 'heartbeat' };
      await new Promise(() => {});
    };
    const id = await world.request();
    await expect(deleteHead(world.whole, 'birds')).rejects.toMatchObject({
      type: 'conflict',
      facts: { training: id },
    });
    world.runner.handle({ type: 'cancel', id });
    await deleteHead(world.whole, 'birds');
    expect(await world.keys('heads/')).toEqual([]);
  });

  it('lets the next head of that name go on with the numbers, and live', async () => {
    const world = await worldWith(2);
    const before = (await channelsOf(world))!;
    await deleteHead(world.whole, 'birds');
    expect(await world.train()).toMatchObject({ status: 'succeeded', version: 3 });
    const after = (await channelsOf(world))!;
    expect(after).toMatchObject({ stable: 3, history: [], pin: null });
    expect(after.sequence).toBeGreaterThan(before.sequence);
  });

  it('lets it go on even where the coordinator has no memory of the old one', async () => {
    const world = await worldWith(2);
    await deleteHead(world.whole, 'birds');
    for (const table of ['sequences', 'floors', 'jobs']) world.sql.exec(`DELETE FROM ${table}`);
    expect(await world.train()).toMatchObject({ status: 'succeeded', version: 3 });
    expect((await channelsOf(world))!.sequence).toBe(3);
  });

  it('does not make channels that vanished from a living head look like none', async () => {
    const world = await worldWith(2);
    const { sequence } = (await channelsOf(world))!;
    await world.bucket.delete(channelsKey('birds'));
    const forged = { format: 1, head: 'birds', version: 0, sequence, updated: new Date().toISOString() };
    await world.bucket.put(floorKey('birds'), toJson(forged));
    expect(await world.train()).toMatchObject({ status: 'held', version: 3 });
  });

  it('is finished by an alarm wherever it stopped, and never shows half a head', async () => {
    for (const death of deaths)
      for (let at = 1; ; at++) {
        const world = await worldWith(2);
        const store = world.again(at, death);
        await untilDeath(deleteHead(world.whole, 'birds'), store);
        await expectNoHalfHead(world, 'birds');
        world.again();
        await world.carryOn();
        await deleteHead(world.whole, 'birds').catch(({ type }) => expect(type).toBe('not-found'));
        expect(await world.keys('heads/'), `${death} ${at}`).toEqual([]);
        expect(await readFloor(world.bucket, 'birds')).toEqual({ version: 2, sequence: 2 });
        expect(await world.train()).toMatchObject({ status: 'succeeded', version: 3 });
        if (store.calls < at) break;
      }
  });

  it('leaves alone a head of another dataset that has taken the name before the alarm came', async () => {
    const world = await worldWith(1);
    const document = fromJson((await world.bucket.get(headKey('birds')))!.body) as object;
    await deleteHead(world.whole, 'birds');
    world.whole.journal.beginEnding('head', 'birds', 0, Date.now());
    const taken = toJson({ ...document, dataset: 'other' });
    await world.bucket.put(headKey('birds'), taken);
    await world.carryOn();
    expect(await world.keys('heads/')).toEqual([headKey('birds')]);
    await expect(deleteHead(world.whole, 'birds')).rejects.toMatchObject({ type: 'not-found' });
  });

  it('begins nothing on it and moves nothing while it is under way', async () => {
    const world = await worldWith(2);
    world.whole.journal.beginEnding('head', 'birds', 0, Date.now());
    await expect(world.train()).rejects.toMatchObject({ type: 'conflict' });
    await expect(promoteVersion(world.whole, 'birds', 1)).rejects.toMatchObject({ type: 'conflict' });
  });
});

describe('deleting a version', () => {
  it('takes its manifest, its weights and its place in the history', async () => {
    const world = await worldWith(3);
    await promoteVersion(world.whole, 'birds', 2);
    expect(await channelsOf(world)).toMatchObject({ stable: 2, history: [1, 3] });
    await deleteVersion(world.whole, 'birds', 3);
    expect(await listVersions(world.bucket, 'birds')).toEqual([1, 2]);
    expect(await world.keys('heads/birds/blobs/')).toHaveLength(2);
    expect(await channelsOf(world)).toMatchObject({ stable: 2, history: [1] });
    await rollBackVersion(world.whole, 'birds', null, 'x');
    expect(await world.stable()).toBe(1);
    await expect(deleteVersion(world.whole, 'birds', 3)).rejects.toMatchObject({ type: 'not-found' });
  });

  it('keeps weights from which another version began: it could not be trained again without', async () => {
    const world = await worldWith(2);
    const { startBlob } = (await readManifest(world.bucket, 'birds', 2, keys.verifier))!;
    await deleteVersion(world.whole, 'birds', 1);
    expect(await world.keys('heads/birds/blobs/')).toContain(blobKey('birds', startBlob!));
  });

  it('is refused for what is stable or pinned', async () => {
    const world = await worldWith(2);
    await expect(deleteVersion(world.whole, 'birds', 2)).rejects.toMatchObject({ type: 'conflict' });
    await rollBackVersion(world.whole, 'birds', null, 'x');
    await expect(deleteVersion(world.whole, 'birds', 1)).rejects.toMatchObject({ type: 'conflict' });
    await deleteVersion(world.whole, 'birds', 2);
    expect(await listVersions(world.bucket, 'birds')).toEqual([1]);
  });

  it('never gives its number to another one', async () => {
    const world = await worldWith(2);
    await rollBackVersion(world.whole, 'birds', null, 'x');
    await promoteVersion(world.whole, 'birds', 1);
    await deleteVersion(world.whole, 'birds', 2);
    for (const table of ['floors', 'jobs']) world.sql.exec(`DELETE FROM ${table}`);
    expect(await world.train()).toMatchObject({ version: 3 });
  });

  it('keeps weights that another version has too', async () => {
    const world = await worldWith(1);
    const [blob] = await world.keys('heads/birds/blobs/');
    const body = (await world.bucket.get(blob!))!.body;
    const { trainer } = world;
    world.trainer = async function* (request, signal) {
      for await (const line of trainer(request, signal))
        if (line.type === 'trained') {
          const digest = blob!.slice(
            blobKey('birds', '').length - '.safetensors'.length,
            -'.safetensors'.length,
          );
          yield { ...line, result: { ...line.result, blob: { digest, bytes: body.length } } };
        } else yield line;
    };
    expect(await world.train()).toMatchObject({ status: 'succeeded', version: 2 });
    await deleteVersion(world.whole, 'birds', 1);
    await expectNoHalfHead(world, 'birds');
  });

  it('is finished by an alarm wherever it stopped; what remains can always be served', async () => {
    for (const death of deaths)
      for (let at = 1; ; at++) {
        const world = await worldWith(3);
        const store = world.again(at, death);
        await untilDeath(deleteVersion(world.whole, 'birds', 1), store);
        await expectNoHalfHead(world, 'birds');
        world.again();
        await world.carryOn();
        await deleteVersion(world.whole, 'birds', 1).catch(({ type }) => expect(type).toBe('not-found'));
        expect(await world.bucket.head(versionKey('birds', 1)), `${death} ${at}`).toBeNull();
        expect(await channelsOf(world)).toMatchObject({ stable: 3, history: [2] });
        await expectNoHalfHead(world, 'birds');
        if (store.calls < at) break;
      }
  });
});

describe('a promotion and a rollback that were on their way', () => {
  /** A bucket whose answer about the manifest of version 1 is late: until `arrive` is called. */
  function slowly(world: EndsWorld) {
    let arrive = () => {};
    const late = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { store } = world.whole;
    const get: typeof store.get = async (key, options) => {
      const found = await store.get(key, options);
      if (key === versionKey('birds', 1)) await late;
      return found;
    };
    return { parts: { ...world.whole, store: { ...store, get } }, arrive };
  }
  const ways = {
    promotion: (parts: GoingLive) => promoteVersion(parts, 'birds', 1),
    rollback: (parts: GoingLive) => rollBackVersion(parts, 'birds', 1, 'x'),
  };

  it.each(['promotion', 'rollback'] as const)('%s: bring back neither version nor head', async (way) => {
    for (const end of [
      (world: EndsWorld) => deleteVersion(world.whole, 'birds', 1),
      (world: EndsWorld) => deleteHead(world.whole, 'birds'),
    ]) {
      const world = await worldWith(2);
      const { parts, arrive } = slowly(world);
      const moving = ways[way](parts).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
      const ending = end(world).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
      arrive();
      await Promise.all([moving, ending]);
      await expectNoHalfHead(world, 'birds');
      if (!(await world.bucket.head(headKey('birds')))) expect(await world.keys('heads/')).toEqual([]);
    }
  });
});
