// What a training publishes: nothing that storage does not hold, nothing over a person's head, and one version.

import { beforeEach, describe, expect, it } from 'vitest';
import { blobKey, type Job, jobKey, parseTrainingId } from '../../../lib/contract/index.ts';
import { promoted, rolledBack } from '../../../lib/registry/index.ts';
import { dataset, deaths, mortalStore } from './testing/parts-node.ts';
import { createWorld, pass, useFrozenDate, type World } from './testing/runner-world-node.ts';

useFrozenDate();

let world: World;
beforeEach(async () => {
  world = await createWorld(4);
});

describe('a training', () => {
  it('publishes nothing when the blob is not in storage, or is another', async () => {
    for (const spoil of [
      (key: string) => world.bucket.delete(key),
      (key: string) => world.bucket.put(key, new TextEncoder().encode('weights of spoons')),
    ]) {
      const whole = world.trainer;
      world.trainer = async function* (request, signal) {
        for await (const line of whole(request, signal)) {
          if (line.type === 'trained') await spoil(blobKey('birds', line.result.blob.digest));
          yield line;
        }
      };
      const id = await world.request();
      await world.settle();
      expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'digest-mismatch' } });
      expect((await world.bucket.list({ prefix: 'heads/birds/versions/' })).objects).toEqual([]);
      world.trainer = whole;
    }
  });

  it('ends held, with the reason, when a person rolled back while it trained', async () => {
    await world.request();
    await world.settle();
    await world.request();
    await world.settle();
    expect(await world.stable()).toBe(2);
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      await world.parts.channels.move('birds', (now, move) => ({
        next: rolledBack(now, null, 'blurred', move),
      }));
      yield* whole(request, signal);
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({
      status: 'held',
      version: 3,
      reason: expect.stringContaining('blurred'),
    });
    expect(await world.stable()).toBe(1);
  });

  it('ends held when a person promoted another version meanwhile', async () => {
    for (let i = 0; i < 2; i++) {
      await world.request();
      await world.settle();
    }
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      await world.parts.channels.move('birds', (now, move) => ({ next: promoted(now, 1, move) }));
      yield* whole(request, signal);
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'held', version: 3 });
    expect(await world.stable()).toBe(1);
  });
});

it('makes one version of a job, at whatever call of storage the coordinator dies', async () => {
  for (const death of deaths)
    for (let call = 1; call <= 16; call++) {
      const world = await createWorld(3);
      const mortal = mortalStore(world.bucket, call, death);
      world.restart(mortal);
      const id = await world.request();
      await Promise.race([world.settle(), mortal.death]);
      world.working.clear();
      world.restart();
      // The next alarm of a new instance.
      pass(1000);
      world.runner.tick();
      await world.settle();
      const job: Job = world.job(id);
      expect(job, `${death} ${call}`).toMatchObject({ status: 'succeeded', version: 1 });
      expect(await world.stable()).toBe(1);
      expect((await world.bucket.list({ prefix: 'heads/birds/versions/' })).objects).toHaveLength(1);
      await world.runner.recordLeftOvers();
      expect(await world.bucket.head(jobKey(dataset, parseTrainingId(id).ulid))).not.toBeNull();
    }
});
