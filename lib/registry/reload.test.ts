// What a loaded head answers while storage moves on, fails, lies or hangs: never an older version, never an error.

import { beforeEach, describe, expect, it } from 'vitest';
import { turn, watch } from '../../test/support/virtual-time.ts';
import { channelsKey, versionKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { frontTimeoutMs, takeoverMs } from './reload.ts';
import {
  createWorld,
  fresh,
  head,
  keys,
  maxStaleMs,
  never,
  refreshMs,
  stale,
  type World,
} from './reload-testing.ts';
import { channelsOf, putChannels } from './testing.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

describe('a head that was loaded', () => {
  it('answers without reading until refreshMs, then reads behind one request', async () => {
    expect(await world.ask()).toEqual(fresh(1));
    world.behind.length = 0;
    await world.goLive(2);
    await world.time.pass(refreshMs - 1);
    expect(await world.ask()).toEqual(fresh(1));
    expect(world.behind).toHaveLength(0);
    await world.time.pass(1);
    expect([await world.ask(), await world.ask()]).toEqual([fresh(1), fresh(2)]);
    expect(world.behind).toHaveLength(1);
  });

  it('is read in front of the answer after maxStaleMs', async () => {
    await world.ask();
    world.behind.length = 0;
    await world.goLive(2);
    await world.time.pass(maxStaleMs);
    expect(await world.ask()).toEqual(fresh(2));
    expect(world.behind).toHaveLength(0);
  });

  it('makes every request that comes after maxStaleMs see the newer version, with one read', async () => {
    await world.ask();
    await world.goLive(2);
    await world.time.pass(maxStaleMs);
    const before = world.channelReads();
    world.hold = () => world.time.sleep(100);
    const answers = Promise.all([world.ask(), world.ask(), world.ask()]);
    await world.time.pass(1000);
    expect(await answers).toEqual([fresh(2), fresh(2), fresh(2)]);
    expect(world.channelReads() - before).toBe(1);
  });

  it('reads once behind however many ask meanwhile', async () => {
    await world.ask();
    world.behind.length = 0;
    await world.time.pass(refreshMs);
    world.hold = () => world.time.sleep(500);
    const before = world.channelReads();
    for (let i = 0; i < 10; i++) expect(await world.ask()).toEqual(fresh(1));
    expect(world.behind).toHaveLength(1);
    expect(world.channelReads() - before).toBe(1);
  });

  it('goes on answering while storage is down, marked stale once it is too old', async () => {
    await world.ask();
    world.storageDown = true;
    await world.time.pass(refreshMs);
    expect(await world.ask()).toEqual(fresh(1));
    await world.time.pass(maxStaleMs);
    expect(await world.ask()).toEqual(stale(1));
    expect(world.reported).toEqual(['storage-unavailable', 'storage-unavailable']);
    world.storageDown = false;
    await world.goLive(2);
    await world.time.pass(refreshMs);
    expect(await world.ask()).toEqual(fresh(2));
  });

  it('answers after a short timeout, marked stale, when storage does not', async () => {
    await world.ask();
    await world.time.pass(maxStaleMs);
    world.hold = () => never;
    const answers = [watch(world.ask()), watch(world.ask())];
    await world.time.pass(frontTimeoutMs - 1);
    expect(answers).toEqual([{}, {}]);
    await world.time.pass(20);
    expect(answers.map(({ value }) => value)).toEqual([stale(1), stale(1)]);
    // Whoever comes while that read is still held up does not wait for it again.
    expect(await world.ask()).toEqual(stale(1));
  });

  it('keeps its version when older channels are played back, and says so', async () => {
    await world.goLive(2);
    await world.ask();
    await putChannels(world.inner, channelsOf(head, 1, 1), keys);
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(2));
    expect(world.reported).toEqual(['replayed-channels']);
    await world.time.pass(maxStaleMs);
    expect(await world.ask()).toEqual(stale(2));
  });

  it('keeps its version when the channels are tampered with, or name no version', async () => {
    await world.ask();
    const spoil = [
      () => world.inner.put(channelsKey(head), new Uint8Array([1])),
      () => putChannels(world.inner, channelsOf(head, 9, null), keys),
    ];
    for (const act of spoil) {
      await world.inner.delete(channelsKey(head));
      await act();
      await world.time.pass(refreshMs);
      await world.ask();
      expect(await world.ask()).toMatchObject({ version: 1 });
    }
    expect(world.reported).toEqual(['bad-signature', 'not-trained']);
  });

  it('keeps its version when the new one does not load, and takes it once it does', async () => {
    await world.ask();
    await world.goLive(2);
    world.load = async () => {
      throw new HeadwaterError('digest-mismatch', 'no');
    };
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(1));
    expect(world.reported).toEqual(['digest-mismatch']);
    world.load = async (version) => `loaded ${version}`;
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(2));
  });

  it('keeps its version when the new manifest is missing or of another version', async () => {
    await world.ask();
    await putChannels(world.inner, channelsOf(head, 2, 2), keys);
    await world.time.pass(refreshMs);
    await world.ask();
    await world.inner.put(versionKey(head, 2), (await world.inner.get(versionKey(head, 1)))!.body);
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toMatchObject({ version: 1 });
    expect(world.reported).toEqual(['head-refused', 'bad-signature']);
  });

  it('follows a rollback, whose version is lower and whose sequence is higher', async () => {
    await world.goLive(2);
    expect(await world.ask()).toEqual(fresh(2));
    await putChannels(world.inner, channelsOf(head, 3, 1), keys);
    await world.time.pass(refreshMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(1));
  });

  it('never goes back when a slow read ends after a faster one', async () => {
    await world.ask();
    await world.goLive(2);
    await world.time.pass(refreshMs);
    let release = () => {};
    world.hold = (key) =>
      key === channelsKey(head) ? new Promise<void>((resolve) => (release = resolve)) : undefined;
    await world.ask();
    await turn();
    const releaseSlow = release;
    world.hold = () => undefined;
    await world.goLive(3);
    await world.time.pass(takeoverMs);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(3));
    releaseSlow();
    await world.time.pass(1);
    expect(await world.ask()).toEqual(fresh(3));
  });

  it('is read again after a refresh that was cut off in the middle', async () => {
    await world.ask();
    world.behind.length = 0;
    await world.goLive(2);
    await world.time.pass(refreshMs);
    world.hold = () => never;
    await world.ask();
    await turn();
    world.hold = () => undefined;
    await world.time.pass(takeoverMs - 1);
    expect(await world.ask()).toEqual(fresh(1));
    expect(world.behind).toHaveLength(1);
    await world.time.pass(1);
    await world.ask();
    expect(await world.ask()).toEqual(fresh(2));
  });
});
