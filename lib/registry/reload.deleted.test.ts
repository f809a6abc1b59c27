// What an isolate does that holds a head which has been deleted, and when another head takes its name.

import { beforeEach, expect, it } from 'vitest';
import { channelsKey } from '../contract/index.ts';
import { createWorld, fresh, head, keys, maxStaleMs, refreshMs, type World } from './reload-testing.ts';
import { channelsOf, manifestOf, putChannels, putManifest } from './testing.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const gone = { type: 'not-trained' };
const remove = () => world.inner.delete(channelsKey(head));

it('stops answering at the first look after refreshMs, and forgets the head', async () => {
  await world.ask();
  await remove();
  await world.time.pass(refreshMs);
  // The look happens behind this answer.
  expect(await world.ask()).toEqual(fresh(1));
  await expect(world.ask()).rejects.toMatchObject(gone);
  expect(world.loader.loaded()).toEqual([]);
  expect(world.loader.known()).toBe(0);
  expect(world.reported).toEqual([]);
});

it('answers nothing any more after maxStaleMs, not even once', async () => {
  await world.ask();
  await remove();
  await world.time.pass(maxStaleMs);
  await expect(world.ask()).rejects.toMatchObject(gone);
});

it('tells all who wait for the same look', async () => {
  await world.ask();
  await remove();
  await world.time.pass(maxStaleMs);
  world.hold = () => world.time.sleep(100);
  const answers = Promise.allSettled([world.ask(), world.ask(), world.ask()]);
  await world.time.pass(1000);
  for (const answer of await answers) expect(answer).toMatchObject({ status: 'rejected', reason: gone });
});

it('goes on answering while storage is down: that is no deletion', async () => {
  await world.ask();
  await remove();
  world.storageDown = true;
  await world.time.pass(maxStaleMs);
  expect((await world.ask()).version).toBe(1);
});

it('takes the next head of that name for what it is, with numbers that go on', async () => {
  await world.ask();
  await remove();
  await world.goLive(2, 3);
  await world.time.pass(maxStaleMs);
  expect(await world.ask()).toEqual(fresh(2));
});

it('refuses old channels that somebody puts back, even after it has forgotten the head', async () => {
  await world.ask();
  await remove();
  await world.time.pass(maxStaleMs);
  await expect(world.ask()).rejects.toMatchObject(gone);
  world.control = async () => 2;
  await putManifest(world.inner, manifestOf(head, 1), keys);
  await putChannels(world.inner, channelsOf(head, 1, 1), keys);
  await expect(world.ask()).rejects.toMatchObject({ type: 'replayed-channels' });
});
