// Trainings that the control Worker runs itself: the same head as any other time, slices that let others in, and
// what happens when it is cut off.

import { beforeEach, describe, expect, it } from 'vitest';
import { maxBegins } from '../../../lib/jobs/index.ts';
import { readManifest } from '../../../lib/registry/index.ts';
import { createParts, keys, mortalStore, teach } from './testing/parts-node.ts';
import {
  codeSpace,
  createWorld,
  pass,
  until,
  useFrozenDate,
  type World,
} from './testing/runner-world-node.ts';

useFrozenDate();

let world: World;
beforeEach(async () => {
  world = await createWorld(12);
  world.trainsHere = true;
});

/** From zero, so that one training does not depend on the one before. */
const cold = { warmStart: false };

const blobOf = async (version: number) =>
  (await readManifest(world.bucket, 'birds', version, keys.verifier))!.blob.digest;

async function trainOnce(): Promise<string> {
  const id = await world.request('birds', cold);
  await world.settle();
  return id;
}

describe('a training in control', () => {
  it('asks no trainer, says where it ran, and makes the same head each time', async () => {
    const ids = [await trainOnce(), await trainOnce()];
    expect(world.asked).toEqual([]);
    for (const id of ids)
      expect(world.job(id)).toMatchObject({ status: 'succeeded', place: 'control', begins: 1 });
    expect(world.job(ids[0]!).stages).toMatchObject({
      'control.read': expect.any(Number),
      'control.train': expect.any(Number),
    });
    expect(await blobOf(1)).toBe(await blobOf(2));
  });

  it('is begun anew when control dies in the middle, and ends with the same head', async () => {
    await trainOnce();
    const expected = await blobOf(1);
    for (const death of ['dies-before', 'dies-after'] as const) {
      // Snapshot, head and blob: at each read and write of the training, one after the other.
      for (let at = 1; at <= 10; at++) {
        const mortal = mortalStore(world.bucket, at, death);
        world.restart(mortal as unknown as typeof world.store);
        const id = await world.request('birds', cold);
        await Promise.race([world.settle(), mortal.death]);
        world.working.clear();
        world.restart();
        pass(1000);
        world.runner.tick();
        await world.settle();
        const job = world.job(id);
        expect(job, `${death} ${at}`).toMatchObject({ status: 'succeeded' });
        expect(await blobOf(job.version!), `${death} ${at}`).toBe(expected);
      }
    }
  });

  it('fails when it has been cut off again and again, and says what to do', async () => {
    const cutOff = {
      ...world.bucket,
      get: (key: string) =>
        key.startsWith('snapshots/') ? new Promise<null>(() => {}) : world.bucket.get(key),
    };
    world.restart(cutOff as unknown as typeof world.store);
    const id = await world.request('birds', cold);
    for (let begun = 1; begun <= maxBegins; begun++) {
      await until(() => world.job(id).begins === begun);
      world.working.clear();
      world.restart(cutOff as unknown as typeof world.store);
      world.runner.tick();
    }
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'trainer-failed' } });
    expect(world.job(id).error!.detail).toContain('TRAINER_URL');
  });

  it('can be cancelled between slices, and gives way to the next', async () => {
    const id = await world.request('birds', cold);
    await until(() => world.job(id).phase === 'training');
    const next = await world.request('birds', cold);
    world.runner.handle({ type: 'cancel', id });
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'cancelled', version: null });
    expect(world.job(next)).toMatchObject({ status: 'succeeded', version: 1 });
  });

  it('takes no example along that was taught after its snapshot', async () => {
    const id = await world.request('birds', cold);
    await until(() => world.job(id).phase === 'training');
    await teach(world.parts, 50, { codeSpace });
    await world.settle();
    const manifest = await readManifest(world.bucket, 'birds', 1, keys.verifier);
    expect(manifest!.report.examples).toBe(12);
    expect(createParts(world.sql, world.bucket).index.examples()).toHaveLength(13);
  });
});
