// A caller who knows of a version is not answered by an older one, and does not wait for ever to hear why.

import { beforeEach, describe, expect, it } from 'vitest';
import { watch } from '../../test/support/virtual-time.ts';
import { frontTimeoutMs } from './reload.ts';
import { createWorld, head, keys, never, type World } from './reload-testing.ts';
import { channelsOf, putChannels } from './testing.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.ask();
});

const atLeast = async (version: number) => (await world.loader.get(head, () => {}, version)).current.version;

describe('a lowest version', () => {
  it('that answers already costs no read', async () => {
    const before = world.reads.length;
    expect(await atLeast(1)).toBe(1);
    expect(world.reads).toHaveLength(before);
  });

  it('that has gone live since the last look is found at once', async () => {
    await world.goLive(2);
    expect(await atLeast(2)).toBe(2);
  });

  it('is found by the first look of an isolate that has loaded nothing', async () => {
    world.restart();
    await world.goLive(2);
    expect(await atLeast(2)).toBe(2);
    expect(world.channelReads()).toBe(2);
  });

  it('that is not live is told with the one that is', async () => {
    await world.goLive(2);
    await expect(atLeast(3)).rejects.toMatchObject({
      type: 'version-not-live',
      facts: { stable: 2, minVersion: 3 },
    });
  });

  it('that a rollback has left is not live any more', async () => {
    await world.goLive(2);
    expect(await atLeast(2)).toBe(2);
    await putChannels(world.inner, channelsOf(head, 3, 1), keys);
    await world.time.pass(60_000);
    await expect(atLeast(2)).rejects.toMatchObject({ type: 'version-not-live', facts: { stable: 1 } });
  });

  it('is looked for once by all who ask at the same time', async () => {
    await world.goLive(2);
    world.hold = () => world.time.sleep(100);
    const before = world.channelReads();
    const answers = Promise.all([atLeast(2), atLeast(2), atLeast(2)]);
    await world.time.pass(1000);
    expect(await answers).toEqual([2, 2, 2]);
    expect(world.channelReads() - before).toBe(1);
  });

  it('is looked for again after a read that had begun before', async () => {
    world.hold = () => world.time.sleep(100);
    const early = atLeast(2).catch(({ facts }) => facts.stable);
    await world.goLive(2);
    const late = atLeast(2);
    await world.time.pass(1000);
    expect(await early).toBe(1);
    expect(await late).toBe(2);
  });

  it('is given up in time when storage hangs, and tells of storage that fails', async () => {
    await world.goLive(2);
    world.hold = () => never;
    const hanging = watch(atLeast(2));
    await world.time.pass(frontTimeoutMs + 20);
    expect(hanging.error).toMatchObject({ type: 'storage-unavailable' });
    world.hold = () => undefined;
    await world.time.pass(10_000);
    world.storageDown = true;
    const failing = watch(atLeast(2));
    await world.time.pass(100);
    expect(failing.error).toMatchObject({ type: 'storage-unavailable' });
    expect(await world.ask()).toMatchObject({ version: 1 });
  });
});
