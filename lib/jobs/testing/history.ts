// Arbitrary histories for the machine: jobs asked for, cancelled, connections and leases lost, and everything
// that can be said, to the right job and to the wrong one, in any order. Mostly to the job that runs, under
// its present epoch, or little would ever happen.

import fc from 'fast-check';
import type { TrainerLine } from '../../contract/index.ts';
import { type JobEvent, leaseMs, reconnectMs } from '../index.ts';
import { jobNamed, result, sharedLine, type World } from './world.ts';

export const ids = ['a', 'b', 'c', 'd'];

/** What is said of a job under an epoch. */
type Said = JobEvent extends infer E
  ? E extends { epoch: number }
    ? Omit<E, 'id' | 'epoch'>
    : never
  : never;

/** Plain data, so that a counterexample can be read. `to` is null for the job that runs when its turn comes. */
type Happening =
  | { wait: number }
  | { request: string }
  | { cancel: string }
  | { tick: string[] }
  /** A lease's time passes in silence. */
  | { silence: 'connected' | 'cut off' }
  | { to: string | null; end: 'committed' | 'held' | 'commit-refused'; version: number }
  | { to: string | null; epochsAgo: number; say: Said };

const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 7, arbitrary: usual }, { weight: 1, arbitrary: rare });

const error = { type: 'internal' as const, detail: 'x' };
const anyId = fc.constantFrom(...ids, 'unknown');
const to = mostly<string | null>(fc.constant(null), anyId);
const epochsAgo = mostly(fc.constant(0), fc.constantFrom(1, 2, -1));

const line: fc.Arbitrary<TrainerLine> = mostly<TrainerLine>(
  fc.oneof(
    fc
      .double({ min: 0, max: 1, noNaN: true })
      .map((progress) => ({ type: 'progress' as const, progress, stage: 's' })),
    fc
      .integer({ min: 1, max: 4 })
      .map((dims) => ({ type: 'trained' as const, result: { ...result, dims }, stages: { fit: dims } })),
    fc.constantFrom({ type: 'heartbeat' as const }, { type: 'filled' as const }, sharedLine),
  ),
  fc.constant({ type: 'failed', error }),
);

const say: fc.Arbitrary<Said> = mostly<Said>(
  fc.oneof(
    line.map((l) => ({ type: 'line' as const, line: l })),
    fc.constantFrom(null, 1, 2).map((stable) => ({ type: 'expects' as const, stable })),
    fc.constantFrom('1', '2').map((d) => ({
      type: 'prepared' as const,
      snapshot: d.repeat(64),
      start: null,
      place: 'control' as const,
    })),
    fc.constantFrom(
      { type: 'codes-missing' as const },
      { type: 'connection-lost' as const },
      { type: 'begins-here' as const },
    ),
  ),
  fc.constant({ type: 'refused', error }),
);

const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

const happening: fc.Arbitrary<Happening> = fc.oneof(
  weighted(16, fc.record({ to, epochsAgo, say })),
  weighted(
    2,
    fc.record({
      to,
      end: fc.constantFrom('committed', 'held', 'commit-refused'),
      version: fc.integer({ min: 1, max: 5 }),
    }),
  ),
  weighted(2, fc.record({ request: fc.constantFrom(...ids) })),
  weighted(2, fc.record({ tick: fc.subarray(ids) })),
  weighted(2, fc.record({ wait: fc.constantFrom(0, 1, reconnectMs, leaseMs - 1, leaseMs) })),
  weighted(1, fc.record({ silence: fc.constantFrom('connected', 'cut off') })),
  weighted(1, fc.record({ cancel: anyId })),
);

export const history = fc.array(happening, { minLength: 5, maxLength: 100, size: 'max' });

/** Lets a history happen. */
export function play(world: World, happenings: Happening[]): void {
  const asked = new Set<string>();
  for (const what of happenings) {
    if ('wait' in what) {
      world.wait(what.wait);
      continue;
    }
    if ('silence' in what) world.wait(leaseMs);
    if ('request' in what) {
      // An id is a ULID: once over, it is not asked for again. While it lives it may be, by a doubled call.
      const id = what.request;
      if (asked.has(id) && !world.active().some((job) => job.id === id)) continue;
      asked.add(id);
    }
    world.handle(eventOf(what, world));
  }
}

function eventOf(what: Exclude<Happening, { wait: number }>, world: World): JobEvent {
  if ('request' in what) return { type: 'requested', job: jobNamed(what.request, world.now()) };
  if ('cancel' in what) return { type: 'cancel', id: what.cancel };
  if ('silence' in what) return { type: 'tick', connected: new Set(what.silence === 'connected' ? ids : []) };
  if ('tick' in what) return { type: 'tick', connected: new Set(what.tick) };
  const job = what.to === null ? world.running() : world.jobs().find(({ id }) => id === what.to);
  const id = job?.id ?? 'unknown';
  if ('say' in what) return { ...what.say, id, epoch: (job?.epoch ?? 0) - what.epochsAgo } as JobEvent;
  switch (what.end) {
    case 'held':
      return { type: 'held', id, version: what.version, reason: 'pinned' };
    case 'committed':
      return { type: 'committed', id, version: what.version };
    case 'commit-refused':
      return { type: 'commit-refused', id, error: { type: 'bad-signature', detail: 'not signed' } };
  }
}
