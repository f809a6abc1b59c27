// The first phase of a training: codes that are missing are made, kept and counted, whatever the trainer says.

import { beforeEach, describe, expect, it } from 'vitest';
import { exampleKey, type FillRequest, type TrainRequest } from '../../../lib/contract/index.ts';
import { readTrainingSet } from '../../../lib/datasets/index.ts';
import { toBase64 } from '../../../lib/tensors/index.ts';
import { dataset, teach } from './testing/parts-node.ts';
import {
  backbone,
  codeSpace,
  codesLine,
  createWorld,
  pass,
  useFrozenDate,
  type World,
} from './testing/runner-world-node.ts';

useFrozenDate();

let world: World;
beforeEach(async () => {
  world = await createWorld(4);
});

describe('a training', () => {
  it('has missing codes made first, and keeps them', async () => {
    const rows = [];
    for (let i = 5; i <= 7; i++) rows.push(await teach(world.parts, i, { code: false }));
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    const [fill, train] = world.asked as unknown as [FillRequest, TrainRequest];
    expect(fill.examples.map(({ digest }) => digest)).toEqual(rows.map(({ digest }) => digest).sort());
    expect(fill).toMatchObject({ backbone, codeSpace });
    expect((await readTrainingSet(world.bucket, dataset, train.snapshot)).digests).toHaveLength(7);
    expect(world.parts.index.uncoded(codeSpace)).toEqual([]);
  });

  it('keeps the codes that came before the trainer dropped the connection', async () => {
    const rows = [];
    for (let i = 5; i <= 8; i++) rows.push(await teach(world.parts, i, { code: false }));
    const whole = world.trainer;
    world.trainer = async function* (request) {
      if (request.path !== '/v1/fills') return;
      yield codesLine(request.examples.slice(0, 3).map(({ digest }) => digest));
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'running', phase: 'codes', epoch: 1 });
    world.trainer = whole;
    pass(1000);
    world.runner.tick();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'succeeded', epoch: 1 });
    expect(world.asked.map((r) => (r as FillRequest).examples?.length)).toEqual([4, 1, undefined]);
  });

  it('leaves out an image that cannot be read, and does not ask for it again', async () => {
    const broken = await teach(world.parts, 9, { code: false });
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      if (request.path !== '/v1/fills') return yield* whole(request, signal);
      const error = { type: 'invalid-image', detail: 'broken' };
      yield { type: 'skipped', digest: broken.digest, error };
      yield { type: 'filled' };
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    const [, train] = world.asked as unknown as [FillRequest, TrainRequest];
    expect((await readTrainingSet(world.bucket, dataset, train.snapshot)).digests).not.toContain(
      broken.digest,
    );
    await world.request();
    await world.settle();
    expect(world.asked.map(({ path }) => path)).toEqual(['/v1/fills', '/v1/jobs', '/v1/jobs']);
  });

  it('asks again for an image that was moved to another label while the trainer looked for it', async () => {
    const moved = await teach(world.parts, 9, { code: false, label: 'odd' });
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      if (request.path === '/v1/fills' && request.examples[0]!.label === 'odd') {
        await teach(world.parts, 9, { code: false, label: 'even' });
        const error = { type: 'not-found', detail: 'gone' };
        yield { type: 'skipped', digest: moved.digest, error };
        yield { type: 'filled' };
      } else yield* whole(request, signal);
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    // Another pass, or the trainer would repeat what it said before.
    expect(world.asked.map((r) => (r as FillRequest).pass)).toEqual([1, 2, undefined]);
    const train = world.asked.at(-1) as TrainRequest;
    expect((await readTrainingSet(world.bucket, dataset, train.snapshot)).digests).toContain(moved.digest);
  });

  it('ends when an image has vanished from the bucket, without the image', async () => {
    const lost = await teach(world.parts, 9, { code: false });
    await world.bucket.delete(exampleKey(dataset, lost.label, lost.digest, lost.extension));
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      if (request.path !== '/v1/fills') return yield* whole(request, signal);
      yield { type: 'skipped', digest: lost.digest, error: { type: 'not-found', detail: 'gone' } };
      yield { type: 'filled' };
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    expect(world.asked).toHaveLength(2);
  });

  it('fails, with words, when the trainer sends codes that are not what it says', async () => {
    const row = await teach(world.parts, 9, { code: false });
    world.trainer = async function* () {
      yield { type: 'codes', digests: [row.digest], dims: 3, codes: toBase64(new Uint8Array(4)) };
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'trainer-failed' } });
  });
});
