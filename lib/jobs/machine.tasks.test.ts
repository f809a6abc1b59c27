import { describe, expect, it } from 'vitest';
import type { TrainerLine } from '../contract/index.ts';
import { leaseMs, maxAttempts, reconnectMs, taskOf } from './index.ts';
import { createWorld, jobNamed, result, sharedLine, snapshot, type World } from './testing/world.ts';

const at = (world: World) => ({ id: 'a', epoch: world.job('a').epoch });
const tick = (world: World) => world.handle({ type: 'tick', connected: new Set() });
const say = (world: World, line: TrainerLine) => world.handle({ type: 'line', ...at(world), line });
const prepared = (world: World) =>
  world.handle({ type: 'prepared', ...at(world), snapshot, start: null, place: 'trainer' });
const trained = (world: World) => say(world, { type: 'trained', result, stages: {} });

function worldWith(id: string): World {
  const world = createWorld();
  world.request(id);
  return world;
}

describe('a long training', () => {
  it('outlives any number of deaths of its trainer, as long as it gets further under each lease', () => {
    const world = worldWith('a');
    prepared(world);
    for (let i = 1; i <= 10 * maxAttempts; i++) {
      say(world, { type: 'progress', progress: i / 100, stage: 'train' });
      world.wait(leaseMs);
      tick(world);
    }
    expect(world.job('a')).toMatchObject({ status: 'running', epoch: 1 + 10 * maxAttempts, attempts: 2 });
  });

  it('fails after some leases that got it nowhere, though its trainer says something under each', () => {
    const world = worldWith('a');
    prepared(world);
    for (let i = 1; i <= maxAttempts; i++) {
      say(world, { type: 'progress', progress: 0.5, stage: 'train' });
      world.wait(leaseMs);
      tick(world);
    }
    expect(world.job('a')).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
  });

  it('says what its trainer last said of it, until it has ended', () => {
    const world = worldWith('a');
    prepared(world);
    say(world, { type: 'progress', progress: 0.1, stage: 'train', note: 'epoch 1 of 9' });
    expect(world.job('a').note).toBe('epoch 1 of 9');
    world.handle({ type: 'cancel', id: 'a' });
    expect(world.job('a').note).toBeNull();
  });
});

describe('a job that trains nothing', () => {
  const asked = (wanted: Parameters<typeof jobNamed>[2]) => {
    const world = createWorld();
    world.handle({ type: 'requested', job: jobNamed('a', world.now(), { head: null, ...wanted }) });
    return world;
  };
  const tasks = (world: World) => prepared(world).map(({ type }) => type);

  it('of sharing ends when the trainer has answered, and takes no other answer', () => {
    const world = asked({ task: 'share', share: { name: 'mine', head: 'h', version: 1 } });
    expect(tasks(world)).toEqual(['share']);
    expect(trained(world)).toEqual([]);
    say(world, sharedLine);
    expect(world.job('a')).toMatchObject({ status: 'succeeded', progress: 1, version: null });
  });

  it('of advice is begun again as such when its trainer is lost', () => {
    const world = asked({ task: 'advise' });
    expect(tasks(world)).toEqual(['advise']);
    world.handle({ type: 'connection-lost', ...at(world) });
    world.wait(reconnectMs);
    expect(tick(world)).toEqual([{ type: 'advise', id: 'a', epoch: 1 }]);
    expect(say(world, sharedLine)).toEqual([]);
  });

  it('of a former release is a reindexing, which no snapshot takes further', () => {
    const world = asked({ task: undefined });
    expect(taskOf(world.job('a'))).toBe('reindex');
    expect(tasks(world)).toEqual([]);
    world.handle({ type: 'indexed', ...at(world) });
    expect(world.job('a').status).toBe('succeeded');
  });
});
