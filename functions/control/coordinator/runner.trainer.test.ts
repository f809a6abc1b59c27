// A training and its trainer: connections that drop, leases that run out, refusals, and a job that is cancelled.

import { beforeEach, describe, expect, it } from 'vitest';
import type { TrainerLine, TrainRequest } from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { leaseMs, maxAttempts } from '../../../lib/jobs/index.ts';
import { teach } from './testing/parts-node.ts';
import {
  codeSpace,
  codesLine,
  createWorld,
  pass,
  until,
  useFrozenDate,
  type World,
} from './testing/runner-world-node.ts';

useFrozenDate();

let world: World;
beforeEach(async () => {
  world = await createWorld(4);
});

const turns = async (n = 20) => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
};

async function* hangs(): AsyncGenerator<TrainerLine> {
  yield { type: 'heartbeat' };
  await new Promise(() => {});
}

describe('a training', () => {
  it('goes on in the same epoch after a dropped connection, and trains on the same snapshot', async () => {
    const whole = world.trainer;
    world.trainer = async function* () {
      yield { type: 'progress', progress: 0.3, stage: 'train' };
      throw new TypeError('connection reset');
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'running', phase: 'training' });
    world.trainer = whole;
    await teach(world.parts, 20, { codeSpace });
    pass(1000);
    world.runner.tick();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    const [first, second] = world.asked as unknown as [TrainRequest, TrainRequest];
    expect(second).toEqual(first);
  });

  it('is taken back with a new epoch when its lease has run out, and hears the old one no more', async () => {
    let say: (line: TrainerLine) => void = () => {};
    const whole = world.trainer;
    world.trainer = async function* () {
      yield await new Promise<TrainerLine>((resolve) => (say = resolve));
      await new Promise(() => {});
    };
    const id = await world.request();
    await until(() => world.asked.length === 1);
    world.trainer = whole;
    pass(leaseMs);
    world.runner.tick();
    await until(() => world.job(id).status === 'succeeded');
    expect(world.stopped).toEqual([`${id} 1`]);
    expect(world.job(id)).toMatchObject({ status: 'succeeded', epoch: 2, attempts: 1 });
    say({ type: 'failed', error: { type: 'internal', detail: 'late' } });
    await turns();
    expect(world.job(id).status).toBe('succeeded');
  });

  it('fails after its last lease when the trainer never answers, and lets the next one run', async () => {
    world.trainer = hangs;
    const id = await world.request();
    const next = await world.request('bees');
    for (let i = 1; i <= maxAttempts; i++) {
      await until(() => world.asked.length === i);
      pass(leaseMs);
      world.runner.tick();
    }
    expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
    expect(world.job(next).status).toBe('running');
  });

  it('fails with the words of a trainer that refuses', async () => {
    world.trainer = async function* () {
      yield* [];
      throw new HeadwaterError('trainer-failed', 'The signature is too old.');
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({
      status: 'failed',
      error: { type: 'trainer-failed', detail: 'The signature is too old.' },
    });
    expect(await world.stable()).toBeNull();
  });

  it('gives up when it is cancelled, tells the trainer, and keeps nothing that comes after', async () => {
    const late = await teach(world.parts, 9, { code: false });
    let release: (() => void) | undefined;
    let stopSignal: AbortSignal | undefined;
    world.trainer = async function* (_request, signal) {
      stopSignal = signal;
      yield { type: 'heartbeat' };
      await new Promise<void>((resolve) => (release = resolve));
      yield codesLine([late.digest]);
      yield { type: 'filled' };
    };
    const id = await world.request();
    await until(() => release !== undefined);
    world.runner.handle({ type: 'cancel', id });
    expect(stopSignal!.aborted).toBe(true);
    release!();
    await world.settle();
    expect(world.job(id).status).toBe('cancelled');
    expect(world.stopped).toEqual([`${id} 1`]);
    expect(world.parts.index.uncoded(codeSpace)).toHaveLength(1);
  });
});
