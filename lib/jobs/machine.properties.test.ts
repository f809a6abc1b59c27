// The machine under every order of events that fast-check thinks of: late, doubled, lost, of another epoch,
// of jobs that are over or never were.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Job } from '../contract/index.ts';
import type { JobEffect, JobEvent } from './index.ts';
import { isOver, leaseMs, maxAttempts, maxFills, reconnectMs } from './index.ts';
import { history, ids, play } from './testing/history.ts';
import {
  createWorld,
  result,
  sharedLine,
  sharingId,
  snapshot,
  type Transition,
  type World,
} from './testing/world.ts';

/** Plays histories and looks at every transition. */
function holds(check: (transition: Transition) => void, after: (world: World) => void = () => {}): void {
  fc.assert(
    fc.property(history, (happenings) => {
      const world = createWorld(check);
      play(world, happenings);
      after(world);
    }),
    { numRuns: 400 },
  );
}

const pairs = ({ before, after }: Transition) =>
  before.map((old): [Job, Job] => [old, after.find((job) => job.id === old.id)!]);

it('is tried in every state that it has', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(history, (happenings) => {
      const world = createWorld(({ before, after, event }) => {
        for (const job of after) seen.add(`${job.status} ${job.phase}`);
        for (const job of before) if (job.phase === 'committing') seen.add(`${event.type} while committing`);
        for (const job of after) if (job.attempts === maxAttempts) seen.add('last attempt');
      });
      play(world, happenings);
    }),
    { numRuns: 400, seed: 1 },
  );
  for (const state of [
    'queued null',
    'running codes',
    'running training',
    'running committing',
    'last attempt',
    ...['cancelled', 'failed', 'succeeded', 'held'].map((status) => `${status} null`),
    ...['cancel', 'tick', 'prepared', 'refused', 'line', 'expects'].map(
      (event) => `${event} while committing`,
    ),
  ])
    expect(seen).toContain(state);
});

it('loses no job, adds one only when asked to, and keeps their order', () => {
  holds(({ event, before, after }) => {
    const expected = before.map((job) => job.id);
    if (event.type === 'requested' && !expected.includes(event.job.id)) expected.push(event.job.id);
    expect(after.map((job) => job.id)).toEqual(expected);
  });
});

it('runs one job at a time, and never none while one is queued', () => {
  holds(({ after }) => {
    const running = after.filter((job) => job.status === 'running').length;
    expect(running).toBeLessThanOrEqual(1);
    if (running === 0) expect(after.some((job) => job.status === 'queued')).toBe(false);
  });
});

it('runs jobs in the order in which they were asked for', () => {
  holds((transition) => {
    for (const [i, job] of transition.after.entries())
      if (job.status === 'running') expect(transition.after.slice(0, i).every(isOver)).toBe(true);
  });
});

it('lets epochs and fills only grow, leases within their bounds, and progress never fall', () => {
  holds((transition) => {
    for (const [old, job] of pairs(transition)) {
      for (const field of ['epoch', 'fills', 'progress'] as const)
        expect(job[field], field).toBeGreaterThanOrEqual(old[field]);
      // Attempts are forgotten only by a job that has got further.
      if (job.attempts < old.attempts) expect(job.progress).toBeGreaterThan(old.progress);
      expect(job.attempts).toBeLessThanOrEqual(maxAttempts);
      expect(job.attempts).toBeLessThanOrEqual(job.epoch);
      expect(job.fills).toBeLessThanOrEqual(maxFills);
    }
  });
});

it('takes nothing from another epoch, from a job that does not run, or from no job at all', () => {
  holds(({ event, before, after, effects }) => {
    if (!('epoch' in event)) return;
    const job = before.find((j) => j.id === event.id);
    if (job?.status === 'running' && job.epoch === event.epoch) return;
    expect(after).toEqual(before);
    expect(effects).toEqual([]);
  });
});

it('changes no other job than the one that an event is about, but for starting the next', () => {
  holds((transition) => {
    const { event } = transition;
    if (event.type === 'tick') return;
    const about = event.type === 'requested' ? event.job.id : event.id;
    for (const [old, job] of pairs(transition))
      if (old.id !== about && !(old.status === 'queued' && job.status === 'running'))
        expect(job).toEqual(old);
  });
});

/** How a job ends, by what the commit says. */
const ends: Record<string, string> = { committed: 'succeeded', held: 'held', 'commit-refused': 'failed' };

it('never cancels or fails what is being committed: only finishes it, and only on word of the commit', () => {
  holds((transition) => {
    const { event } = transition;
    for (const [old, job] of pairs(transition)) {
      if (old.phase !== 'committing') {
        // What is not trained ends when the trainer has answered.
        const isAnswer = event.type === 'line' && event.line.type === 'shared' && job.id === sharingId;
        if (!isAnswer) expect(['succeeded', 'held']).not.toContain(job.status);
        continue;
      }
      const word = Object.hasOwn(ends, event.type) && 'id' in event && event.id === old.id;
      if (word) expect(job.status).toBe(ends[event.type]);
      else expect(job).toEqual(old);
    }
  });
});

it('goes through the phases in their order, and commits nothing that was not trained on a snapshot', () => {
  const order = ['codes', 'training', 'committing'];
  holds((transition) => {
    for (const [old, job] of pairs(transition)) {
      if (job.phase === null || job.status !== 'running') continue;
      const steps = order.indexOf(job.phase) - (old.phase ? order.indexOf(old.phase) : 0);
      expect([0, 1]).toContain(steps);
      if (job.phase !== 'codes') expect(job.snapshot).not.toBeNull();
      if (job.phase === 'committing') expect(job.result).not.toBeNull();
    }
  });
});

it('records every job that ends exactly once, when it ends', () => {
  holds(
    (transition) => {
      const ended = pairs(transition).flatMap(([old, job]) => (!isOver(old) && isOver(job) ? [job] : []));
      const recorded = transition.effects.flatMap((e) => (e.type === 'record' ? [e.id] : []));
      expect(recorded).toEqual(ended.map((job) => job.id));
      for (const job of ended)
        expect(job).toMatchObject({ phase: null, leaseUntil: 0, ended: transition.now });
    },
    (world) => {
      const recorded = world.effects.flatMap((e) => (e.type === 'record' ? [e.id] : []));
      expect(recorded.sort()).toEqual(
        world
          .jobs()
          .filter(isOver)
          .map((job) => job.id)
          .sort(),
      );
    },
  );
});

it('fixes once what a job expects, what it is trained on, and what it has made', () => {
  holds((transition) => {
    for (const [old, job] of pairs(transition))
      for (const field of ['expectation', 'snapshot', 'result', 'version', 'started'] as const)
        if (old[field] !== null) expect(job[field], field).toEqual(old[field]);
  });
});

it('asks only for what the job can do now, under its present epoch', () => {
  holds(({ before, after, effects }) => {
    for (const effect of effects) {
      const old = before.find((job) => job.id === effect.id);
      const job = after.find((j) => j.id === effect.id)!;
      if (effect.type === 'record') continue;
      if (effect.type === 'stop') {
        expect(old).toMatchObject({ status: 'running', epoch: effect.epoch });
        continue;
      }
      expect(job.status).toBe('running');
      if (effect.type === 'commit')
        expect(job).toMatchObject({ phase: 'committing', result: { labels: result.labels } });
      else expect(effect.epoch).toBe(job.epoch);
      const isWork = effect.type === 'train' || effect.type === 'share';
      if (isWork) expect(effect.type === 'share').toBe(job.id === sharingId);
      if (isWork) expect(job).toMatchObject({ phase: 'training', snapshot: expect.any(String) });
      if (effect.type === 'prepare' || effect.type === 'fill') expect(job.phase).toBe('codes');
    }
  });
});

it('stops the trainer whenever it takes a lease back or cancels', () => {
  holds((transition) => {
    for (const [old, job] of pairs(transition)) {
      if (old.status !== 'running') continue;
      const stopped = transition.effects.some(
        (e) => e.type === 'stop' && e.id === old.id && e.epoch === old.epoch,
      );
      expect(stopped).toBe(job.epoch > old.epoch || job.status === 'cancelled');
    }
  });
});

/** Ticks once a second, and answers each effect by `answer`, until no job is left. Answers the seconds taken. */
function runOut(world: World, answer: (effect: JobEffect) => JobEvent | null, maxSeconds: number): number {
  let todo: JobEffect[] = [];
  for (let second = 0; second <= maxSeconds; second++) {
    while (todo.length > 0) {
      const event = answer(todo.shift()!);
      if (event) todo.push(...world.handle(event));
    }
    if (world.active().length === 0) return second;
    world.wait(reconnectMs);
    todo = world.handle({ type: 'tick', connected: new Set() });
  }
  throw new Error(`still active: ${JSON.stringify(world.active())}`);
}

/** What a working outside answers to an effect. */
function reply(effect: JobEffect): JobEvent | null {
  switch (effect.type) {
    case 'prepare':
      return { ...effect, type: 'prepared', snapshot, start: null, place: 'control' };
    case 'fill':
      return { ...effect, type: 'line', line: { type: 'filled' } };
    case 'train':
      return { ...effect, type: 'line', line: { type: 'trained', result, stages: {} } };
    case 'share':
      return { ...effect, type: 'line', line: sharedLine };
    case 'commit':
      return { ...effect, type: 'committed', version: 1 };
    default:
      return null;
  }
}

it('ends every job in the end, whatever was before, once the outside works', () => {
  fc.assert(
    fc.property(history, (happenings) => {
      const world = createWorld();
      play(world, happenings);
      expect(runOut(world, reply, 2)).toBeLessThanOrEqual(2);
    }),
    { numRuns: 300 },
  );
});

it('ends every job in the end, though the outside answers only now and then', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat(3)), (happenings, luck) => {
      const world = createWorld();
      play(world, happenings);
      runOut(world, (effect) => (luck.next().value === 0 ? reply(effect) : null), 10_000);
    }),
    { numRuns: 100 },
  );
});

it('ends every job that is not being committed, though the outside is dead', () => {
  fc.assert(
    fc.property(history, (happenings) => {
      const world = createWorld();
      play(world, happenings);
      // A commit is begun again for ever, so that one is answered.
      const answer = (effect: JobEffect) => (effect.type === 'commit' ? reply(effect) : null);
      const leaseSeconds = Math.ceil(leaseMs / reconnectMs) + 1;
      // One lease more of a job that had got further: it is counted anew.
      runOut(world, answer, ids.length * (maxAttempts + 1) * leaseSeconds);
    }),
    { numRuns: 100 },
  );
});

it('ends every job, though the trainer says that it has made codes and never has', () => {
  fc.assert(
    fc.property(history, (happenings) => {
      const world = createWorld();
      play(world, happenings);
      const answer = (effect: JobEffect): JobEvent | null =>
        effect.type === 'prepare' ? { ...effect, type: 'codes-missing' } : reply(effect);
      runOut(world, answer, 2);
    }),
    { numRuns: 100 },
  );
});
