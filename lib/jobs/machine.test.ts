import { describe, expect, it } from 'vitest';
import type { TrainerLine } from '../contract/index.ts';
import { type JobEvent, leaseMs, maxAttempts, maxFills, maxLosses, reconnectMs, wakeAt } from './index.ts';
import { createWorld, result, snapshot, type World } from './testing/world.ts';

const at = (world: World) => ({ id: 'a', epoch: world.job('a').epoch });
const tick = (world: World, ...connected: string[]) =>
  world.handle({ type: 'tick', connected: new Set(connected) });
const say = (world: World, line: TrainerLine) => world.handle({ type: 'line', ...at(world), line });
const prepared = (world: World) =>
  world.handle({ type: 'prepared', ...at(world), snapshot, start: null, place: 'trainer' });
const trained = (world: World) => say(world, { type: 'trained', result, stages: { fit: 7, __proto__: 1 } });
const error = { type: 'trainer-failed' as const, detail: 'x' };

function worldWith(...ids: string[]): World {
  const world = createWorld();
  for (const id of ids) world.request(id);
  return world;
}
function committing(...others: string[]): World {
  const world = worldWith('a', ...others);
  prepared(world);
  trained(world);
  return world;
}

describe('a job', () => {
  it('goes from codes over training and commit to its version, and books each stage', () => {
    const world = createWorld();
    expect(world.request('a')).toEqual([{ type: 'prepare', id: 'a', epoch: 1 }]);
    world.handle({ type: 'expects', ...at(world), stable: 4 });
    world.wait(10);
    expect(world.handle({ type: 'codes-missing', ...at(world) })).toEqual([
      { type: 'fill', id: 'a', epoch: 1 },
    ]);
    expect(say(world, { type: 'filled' })).toEqual([{ type: 'prepare', id: 'a', epoch: 1 }]);
    expect(prepared(world)).toEqual([{ type: 'train', id: 'a', epoch: 1 }]);
    world.wait(20);
    expect(trained(world)).toEqual([{ type: 'commit', id: 'a' }]);
    world.wait(30);
    expect(world.handle({ type: 'committed', id: 'a', version: 5 })).toEqual([{ type: 'record', id: 'a' }]);
    expect(world.job('a')).toMatchObject({
      status: 'succeeded',
      phase: null,
      progress: 1,
      version: 5,
      expectation: { stable: 4 },
      snapshot,
      result,
      attempts: 1,
      leaseUntil: 0,
      ended: world.now(),
      stages: { queued: 0, codes: 10, training: 20, committing: 30, 'trainer.fit': 7 },
    });
  });

  it('waits until the one before it has ended', () => {
    const world = worldWith('a', 'b', 'c');
    expect(world.jobs().map((job) => job.status)).toEqual(['running', 'queued', 'queued']);
    world.wait(5);
    expect(world.handle({ type: 'refused', ...at(world), error })).toEqual([
      { type: 'record', id: 'a' },
      { type: 'prepare', id: 'b', epoch: 1 },
    ]);
    expect(world.job('b').stages.queued).toBe(5);
  });

  it('asked for twice runs once', () => {
    const world = worldWith('a');
    expect(world.request('a')).toEqual([]);
    expect(world.job('a')).toMatchObject({ status: 'running', epoch: 1 });
  });

  it('ends held, with version and reason, when its channel may not move', () => {
    const world = committing('b');
    const effects = world.handle({ type: 'held', id: 'a', version: 3, reason: 'pinned' });
    expect(effects[0]).toEqual({ type: 'record', id: 'a' });
    expect(world.job('a')).toMatchObject({ status: 'held', version: 3, reason: 'pinned', progress: 1 });
    expect(world.job('b').status).toBe('running');
  });

  it('fails with what the trainer says', () => {
    const world = worldWith('a');
    prepared(world);
    expect(say(world, { type: 'failed', error })).toEqual([{ type: 'record', id: 'a' }]);
    expect(world.job('a')).toMatchObject({ status: 'failed', error });
  });

  it('fails, and frees the queue, when its codes never come though the trainer says that they have', () => {
    const world = worldWith('a', 'b');
    for (let fill = 0; fill < maxFills; fill++) {
      expect(world.handle({ type: 'codes-missing', ...at(world) })).toHaveLength(1);
      say(world, { type: 'filled' });
    }
    world.handle({ type: 'codes-missing', ...at(world) });
    expect(world.job('a')).toMatchObject({ status: 'failed', error: { type: 'trainer-failed' } });
    expect(world.job('b').status).toBe('running');
  });
});

describe('cancelling', () => {
  it('takes a queued job out, without a word to the trainer', () => {
    const world = worldWith('a', 'b');
    expect(world.handle({ type: 'cancel', id: 'b' })).toEqual([{ type: 'record', id: 'b' }]);
    expect(world.job('b')).toMatchObject({ status: 'cancelled', ended: world.now() });
    expect(world.job('a').status).toBe('running');
  });

  it('stops a running one before the next begins', () => {
    const world = worldWith('a', 'b');
    expect(world.handle({ type: 'cancel', id: 'a' })).toEqual([
      { type: 'stop', id: 'a', epoch: 1 },
      { type: 'record', id: 'a' },
      { type: 'prepare', id: 'b', epoch: 1 },
    ]);
  });

  it('comes too late for one that is being committed', () => {
    const world = committing();
    expect(world.handle({ type: 'cancel', id: 'a' })).toEqual([]);
    expect(world.job('a')).toMatchObject({ status: 'running', phase: 'committing' });
  });

  it('of a job that is not there changes nothing', () => {
    const world = worldWith('a');
    expect(world.handle({ type: 'cancel', id: 'z' })).toEqual([]);
  });
});

describe('a commit', () => {
  it.each<[string, (world: World) => JobEvent]>([
    ['a refusal', (world) => ({ type: 'refused', ...at(world), error })],
    ['a failed line', (world) => ({ type: 'line', ...at(world), line: { type: 'failed', error } })],
    [
      'a second result',
      (world) => ({ type: 'line', ...at(world), line: { type: 'trained', result, stages: {} } }),
    ],
    ['a lost connection', (world) => ({ type: 'connection-lost', ...at(world) })],
  ])('is not undone by %s', (_, event) => {
    const world = committing();
    const before = world.job('a');
    expect(world.handle(event(world))).toEqual([]);
    expect(world.job('a')).toEqual(before);
  });

  it('that nobody carries is begun again by every tick, however much later', () => {
    const world = committing();
    expect(tick(world, 'a')).toEqual([]);
    world.wait(100 * leaseMs);
    for (let i = 0; i < 5; i++) expect(tick(world)).toEqual([{ type: 'commit', id: 'a' }]);
    expect(world.job('a')).toMatchObject({ status: 'running', phase: 'committing', epoch: 1 });
  });
});

describe('a lease', () => {
  it('is taken up again under the same epoch while it lasts', () => {
    const world = worldWith('a');
    prepared(world);
    world.handle({ type: 'connection-lost', ...at(world) });
    world.wait(leaseMs - 1);
    expect(tick(world)).toEqual([{ type: 'train', id: 'a', epoch: 1 }]);
    expect(tick(world, 'a')).toEqual([]);
  });

  it('that has run out is taken back with a new epoch, though a connection stands', () => {
    const world = worldWith('a');
    prepared(world);
    world.wait(leaseMs);
    expect(tick(world, 'a')).toEqual([
      { type: 'stop', id: 'a', epoch: 1 },
      { type: 'train', id: 'a', epoch: 2 },
    ]);
    expect(world.job('a')).toMatchObject({
      epoch: 2,
      attempts: 2,
      snapshot,
      leaseUntil: world.now() + leaseMs,
    });
  });

  it.each<TrainerLine>([
    { type: 'heartbeat' },
    { type: 'progress', progress: 0, stage: 'x' },
    { type: 'codes', digests: [], dims: 1, codes: '' },
    { type: 'skipped', digest: snapshot, error },
  ])('is renewed by a line: $type', (line) => {
    const world = worldWith('a');
    for (let i = 0; i < 10; i++) {
      world.wait(leaseMs - 1);
      expect(say(world, line)).toEqual([]);
      expect(tick(world, 'a')).toEqual([]);
    }
    expect(world.job('a')).toMatchObject({ epoch: 1, attempts: 1 });
  });

  it('is renewed when the codes are there, and when they are found missing', () => {
    const world = worldWith('a');
    for (let i = 0; i < 5; i++) {
      world.wait(leaseMs - 1);
      world.handle({ type: 'codes-missing', ...at(world) });
      world.wait(leaseMs - 1);
      say(world, { type: 'filled' });
      expect(tick(world, 'a')).toEqual([]);
    }
    world.wait(leaseMs - 1);
    prepared(world);
    world.wait(leaseMs - 1);
    expect(tick(world, 'a')).toEqual([]);
  });

  it('is not renewed by what an older epoch says', () => {
    const world = worldWith('a');
    world.wait(leaseMs);
    tick(world);
    const before = world.job('a');
    world.wait(1);
    for (const line of [{ type: 'heartbeat' }, { type: 'trained', result, stages: {} }] as TrainerLine[])
      expect(world.handle({ type: 'line', id: 'a', epoch: 1, line })).toEqual([]);
    expect(world.job('a')).toEqual(before);
  });

  it('is not given a fourth time', () => {
    const world = worldWith('a', 'b');
    for (let i = 1; i < maxAttempts; i++) {
      world.wait(leaseMs);
      tick(world);
    }
    expect(world.job('a')).toMatchObject({ status: 'running', epoch: maxAttempts });
    world.wait(leaseMs);
    expect(tick(world).map(({ type }) => type)).toEqual(['record', 'prepare']);
    expect(world.job('a')).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
  });
});

describe('wakeAt', () => {
  it('asks for a tick exactly while something runs', () => {
    const world = worldWith('a');
    expect(wakeAt(world.active(), 5)).toBe(5 + reconnectMs);
    world.handle({ type: 'cancel', id: 'a' });
    expect(wakeAt(world.active(), 5)).toBeNull();
    expect(wakeAt([], 5)).toBeNull();
  });
});

describe('a trainer that says a word and dies, again and again', () => {
  const loseOnce = (world: World) => {
    say(world, { type: 'heartbeat' });
    world.handle({ type: 'connection-lost', ...at(world) });
    world.wait(reconnectMs);
    tick(world);
  };

  it('is given up in the end, and the next job gets its turn', () => {
    const world = worldWith('a', 'b');
    prepared(world);
    for (let i = 0; i < maxLosses; i++) loseOnce(world);
    expect(world.job('a')).toMatchObject({ status: 'running', epoch: 1, attempts: 1 });
    loseOnce(world);
    expect(world.job('a')).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
    expect(world.job('b')).toMatchObject({ status: 'running' });
  });

  it('is given new patience by every step forward', () => {
    const world = worldWith('a');
    prepared(world);
    for (let i = 0; i < maxLosses; i++) loseOnce(world);
    say(world, { type: 'progress', progress: 0.5, stage: 'train' });
    loseOnce(world);
    expect(world.job('a')).toMatchObject({ status: 'running', losses: 1 });
  });
});
