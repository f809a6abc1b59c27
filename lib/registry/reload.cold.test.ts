// An isolate that knows nothing yet: one load for all who wait, control asked once, nothing kept of what fails.

import { beforeEach, describe, expect, it } from 'vitest';
import { turn, watch } from '../../test/support/virtual-time.ts';
import { frontTimeoutMs, takeoverMs } from './reload.ts';
import {
  createWorld,
  fresh,
  head,
  maxStaleMs,
  never,
  refreshMs,
  stale,
  type World,
} from './reload-testing.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

describe('an isolate that knows nothing', () => {
  it('asks control once, and refuses older channels than control knows', async () => {
    world.control = async () => 2;
    await expect(world.ask()).rejects.toMatchObject({ type: 'replayed-channels' });
    await world.goLive(2);
    expect(await world.ask()).toEqual(fresh(2));
    const asked = world.controlAsked;
    await world.time.pass(maxStaleMs);
    await world.ask();
    expect(world.controlAsked).toBe(asked);
  });

  it('serves marked stale while control is down, and asks again with the next read', async () => {
    world.control = async () => {
      throw new Error('down');
    };
    expect(await world.ask()).toEqual(stale(1));
    expect(world.reported).toEqual(['Error: down']);
    world.control = async () => 1;
    await world.time.pass(refreshMs);
    expect(await world.ask()).toEqual(stale(1));
    expect(await world.ask()).toEqual(fresh(1));
  });

  it('serves marked stale when control does not answer', async () => {
    world.control = () => never;
    const answer = watch(world.ask());
    await world.time.pass(frontTimeoutMs);
    expect(answer.value).toEqual(stale(1));
  });

  it('hands its first load over, so that it goes on when the request that began it is cancelled', async () => {
    world.hold = () => world.time.sleep(50);
    const answers = Promise.all([world.ask(), world.ask()]);
    await world.time.pass(500);
    await answers;
    expect(world.behind).toHaveLength(1);
    await Promise.all(world.behind);
  });

  it('loads once however many ask at the same time', async () => {
    world.hold = () => world.time.sleep(50);
    const answers = Promise.all(Array.from({ length: 20 }, () => world.ask()));
    await world.time.pass(500);
    expect(new Set((await answers).map(({ version }) => version))).toEqual(new Set([1]));
    expect(world.channelReads()).toBe(1);
    expect(world.controlAsked).toBe(1);
  });

  it('is not blocked by a request that was cancelled in the middle of its load', async () => {
    world.hold = () => never;
    const cancelled = watch(world.ask());
    await world.time.pass(10);
    world.hold = () => undefined;
    const answers = [watch(world.ask()), watch(world.ask()), watch(world.ask())];
    await world.time.pass(takeoverMs);
    expect(answers.map(({ value }) => value)).toEqual([fresh(1), fresh(1), fresh(1)]);
    expect(cancelled).toEqual({});
    expect(world.channelReads()).toBe(2);
  });

  it('tells a failure to all who wait for it, with one read', async () => {
    world.storageDown = true;
    world.control = async () => {
      await world.time.sleep(100);
      return 0;
    };
    const answers = Array.from({ length: 10 }, () => watch(world.ask()));
    await world.time.pass(500);
    for (const { error } of answers) expect(error).toMatchObject({ type: 'storage-unavailable' });
    expect(world.channelReads()).toBe(1);
    world.storageDown = false;
    const next = watch(world.ask());
    await world.time.pass(500);
    expect(next.value).toEqual(fresh(1));
  });

  it('forgets names that do not load, and loads that nobody waits for', async () => {
    await expect(world.ask('nobody')).rejects.toMatchObject({ type: 'not-trained' });
    world.hold = () => never;
    void world.ask('cancelled');
    await world.time.pass(10);
    world.hold = () => undefined;
    await world.time.pass(takeoverMs);
    await world.ask();
    expect(world.loader.loaded()).toEqual([{ head, version: 1 }]);
    expect(world.loader.known()).toBe(1);
  });
});

it('keeps the sequence of a loaded head when a request for an earlier, failed load ends', async () => {
  // The first load hangs, a second takes over and fails, which forgets the head; a third loads it.
  let fail: (error: Error) => void = () => {};
  world.hold = () => new Promise((_, reject) => (fail = reject));
  const first = watch(world.ask());
  await world.time.pass(takeoverMs);
  world.hold = () => undefined;
  world.storageDown = true;
  await expect(world.ask()).rejects.toMatchObject({ type: 'storage-unavailable' });
  world.storageDown = false;
  expect(await world.ask()).toEqual(fresh(1));
  fail(new Error('late'));
  await turn();
  expect(first.error).toEqual(new Error('late'));
  expect(world.loader.loaded()).toEqual([{ head, version: 1 }]);
});
