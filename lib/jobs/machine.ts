// The coordinator's state machine: (jobs, event, now) → (jobs, effects). Pure, so that every order of events,
// late, doubled or lost, can be tried without a Durable Object. Effects are requests to the outside; whatever
// comes of them returns as an event.
//
// A job runs in three phases. `codes`: the coordinator gathers the codes, asking the trainer for missing ones,
// and freezes a snapshot. `training`: the trainer works under a lease with an epoch. `committing`: the
// coordinator writes version and channel; from here nothing is cancelled, only finished. Other tasks than training go a
// part of that way: a reindexing has ended once the codes are there, advice and the sharing of a version when the
// trainer has answered, whose answer whoever carries out the effects has stored by then.

import type { Job, JobTaskName, TrainerLine } from '../contract/index.ts';
import type { ErrorData } from '../errors/index.ts';
import { isOver, taskOf } from './job.ts';
import type { JobEffect, JobEvent, Prepared } from './messages.ts';
import { committingFrom, further, trainingFrom } from './progress.ts';

/** Without a line from the trainer for this long, its lease has run out. */
export const leaseMs = 30_000;
/** Pause before a dropped connection is taken up again. */
export const reconnectMs = 1000;
/** Leases after which a job fails that has not got further meanwhile. */
export const maxAttempts = 3;
/** Fills after which a job fails: images may be added meanwhile, but a trainer that says it has filled and has
 *  not would otherwise keep the dataset's jobs waiting for ever. */
export const maxFills = 20;
/** Connections that may break off one after the other without the job getting any further: a trainer that comes
 *  back, says a word and dies again would otherwise renew its lease for ever. A tick is a second, so this is
 *  longer than {@link maxAttempts} leases of a trainer that is not there at all. */
export const maxLosses = 300;
/** How often the control Worker begins a training itself: one that runs it out of memory or time would otherwise be
 *  begun anew for ever. */
export const maxBegins = 5;

export interface Step {
  jobs: Job[];
  effects: JobEffect[];
}

/** One transition. `jobs` are those that are not over, oldest first; ones that end stay in the answer once. */
export function advance(jobs: Job[], event: JobEvent, now: number): Step {
  const step = react(jobs, event, now);
  return startNext(step, now);
}

/** When the machine wants a `tick` next, if at all. */
export function wakeAt(jobs: Job[], now: number): number | null {
  return jobs.some((job) => job.status === 'running') ? now + reconnectMs : null;
}

function react(jobs: Job[], event: JobEvent, now: number): Step {
  switch (event.type) {
    case 'requested':
      if (jobs.some((job) => job.id === event.job.id)) return { jobs, effects: [] };
      return { jobs: [...jobs, event.job], effects: [] };
    case 'tick':
      return mapJobs(jobs, (job) =>
        job.status === 'running' ? ticked(job, event.connected, now) : same(job),
      );
    case 'cancel':
      return mapJobs(jobs, (job) => (job.id === event.id ? cancelled(job, now) : same(job)));
    case 'committed':
    case 'held':
    case 'commit-refused':
      return mapJobs(jobs, (job) =>
        job.id === event.id && job.phase === 'committing' && job.status === 'running'
          ? committed(job, event, now)
          : same(job),
      );
    default:
      return mapJobs(jobs, (job) => (isCurrent(job, event) ? running(job, event, now) : same(job)));
  }
}

/** What an older epoch says, or what comes after the end, changes nothing. */
const isCurrent = (job: Job, event: { id: string; epoch: number }) =>
  job.id === event.id && job.status === 'running' && job.epoch === event.epoch;

type Change = { job: Job; effects: JobEffect[] };
const same = (job: Job): Change => ({ job, effects: [] });

function running(
  job: Job,
  event: Extract<
    JobEvent,
    {
      type:
        | 'expects'
        | 'indexed'
        | 'prepared'
        | 'begins-here'
        | 'codes-missing'
        | 'line'
        | 'connection-lost'
        | 'refused';
    }
  >,
  now: number,
): Change {
  switch (event.type) {
    case 'expects':
      // Only before anything is trained: what `stable` has become since must not pass for what was expected.
      if (job.phase !== 'codes' || job.expectation) return same(job);
      return same({ ...job, expectation: { stable: event.stable } });
    case 'indexed':
      return job.phase === 'codes' ? ended(job, 'succeeded', now, { progress: 1 }) : same(job);
    case 'prepared':
      return prepared(job, event, now);
    case 'begins-here':
      return job.phase === 'training' ? begun(job, now) : same(job);
    case 'codes-missing':
      if (job.phase !== 'codes') return same(job);
      return codesMissing(job, now);
    case 'connection-lost':
      // The lease goes on: the next tick takes the same epoch up again, or a new one once it has run out.
      if (job.phase === 'committing') return same(job);
      return job.losses < maxLosses ? same({ ...job, losses: job.losses + 1 }) : lost(job, now);
    case 'refused':
      return job.phase === 'committing' ? same(job) : ended(job, 'failed', now, { error: event.error });
    case 'line':
      return heard(job, event.line, now);
  }
}

function prepared(job: Job, { snapshot, start, place }: Prepared, now: number): Change {
  if (job.phase !== 'codes' || taskOf(job) === 'reindex') return same(job);
  const next = { ...enterPhase(job, 'training', now), snapshot, start, place, progress: trainingFrom };
  return { job: renew(next, now), effects: [resume(next)] };
}

function lost(job: Job, now: number): Change {
  return ended(job, 'failed', now, {
    error: {
      type: 'trainer-unavailable',
      detail: `The connection to the trainer broke off ${maxLosses} times without the job getting any further. See the trainer's log (it may be short of memory), and train again.`,
    },
  });
}

function begun(job: Job, now: number): Change {
  if (job.begins < maxBegins) return same(renew({ ...job, begins: job.begins + 1 }, now));
  return ended(job, 'failed', now, {
    error: {
      type: 'trainer-failed',
      detail: `The control Worker began this training ${maxBegins} times and was cut off each time, for want of memory or time. Run a trainer, set TRAINER_URL and SMALL_TRAININGS=trainer, and train again.`,
    },
  });
}

function codesMissing(job: Job, now: number): Change {
  if (job.fills >= maxFills)
    return ended(job, 'failed', now, {
      error: {
        type: 'trainer-failed',
        detail: `After ${maxFills} passes of the trainer some images still have no code. See that their objects lie in the bucket (rebuild the dataset's index if some were deleted there), and train again.`,
      },
    });
  return {
    job: renew({ ...job, fills: job.fills + 1 }, now),
    effects: [{ type: 'fill', id: job.id, epoch: job.epoch }],
  };
}

function heard(job: Job, line: TrainerLine, now: number): Change {
  if (job.phase === 'committing') return same(job);
  const alive = renew(job, now);
  switch (line.type) {
    case 'progress':
      return same(further(alive, line));
    case 'filled':
      return job.phase === 'codes'
        ? { job: alive, effects: [{ type: 'prepare', id: job.id, epoch: job.epoch }] }
        : same(alive);
    case 'trained':
      return awaits(job, 'train') ? trained(alive, line, now) : same(alive);
    case 'advised':
      return awaits(job, 'advise') ? ended(job, 'succeeded', now, { progress: 1 }) : same(alive);
    case 'shared':
      return awaits(job, 'share') ? ended(job, 'succeeded', now, { progress: 1 }) : same(alive);
    case 'failed':
      return ended(job, 'failed', now, { error: line.error as ErrorData });
    default:
      return same(alive);
  }
}

/** Whether the answer that a job is waiting for is that of `task`. */
const awaits = (job: Job, task: JobTaskName) => job.phase === 'training' && taskOf(job) === task;

function trained(job: Job, line: Extract<TrainerLine, { type: 'trained' }>, now: number): Change {
  const next = enterPhase(job, 'committing', now);
  return {
    job: {
      ...next,
      result: line.result,
      progress: committingFrom,
      stages: { ...next.stages, ...prefixed(job.place ?? 'trainer', line.stages) },
    },
    effects: [{ type: 'commit', id: job.id }],
  };
}

function ticked(job: Job, connected: ReadonlySet<string>, now: number): Change {
  if (job.phase === 'committing')
    return connected.has(job.id) ? same(job) : { job, effects: [{ type: 'commit', id: job.id }] };
  if (now < job.leaseUntil) {
    if (connected.has(job.id)) return same(job);
    return { job, effects: [resume(job)] };
  }
  if (job.attempts >= maxAttempts)
    return ended(job, 'failed', now, {
      error: {
        type: 'trainer-unavailable',
        detail: `The trainer did not answer in ${maxAttempts} leases of ${leaseMs / 1000} s. See that it runs, and train again.`,
      },
    });
  const stop: JobEffect = { type: 'stop', id: job.id, epoch: job.epoch };
  const again = lease(job, now);
  return { job: again, effects: [stop, resume(again)] };
}

/** The step that a running job is waiting for, asked for again. */
function resume(job: Job): JobEffect {
  const task = taskOf(job);
  const type = job.phase !== 'training' || task === 'reindex' ? 'prepare' : task;
  return { type, id: job.id, epoch: job.epoch };
}

function cancelled(job: Job, now: number): Change {
  if (isOver(job) || job.phase === 'committing') return same(job);
  const change = ended(job, 'cancelled', now, {});
  if (job.status === 'running') change.effects.unshift({ type: 'stop', id: job.id, epoch: job.epoch });
  return change;
}

function committed(
  job: Job,
  event: Extract<JobEvent, { type: 'committed' | 'held' | 'commit-refused' }>,
  now: number,
): Change {
  if (event.type === 'commit-refused') return ended(job, 'failed', now, { error: event.error });
  const end = { version: event.version, progress: 1 };
  return event.type === 'committed'
    ? ended(job, 'succeeded', now, end)
    : ended(job, 'held', now, { ...end, reason: event.reason });
}

function ended(job: Job, status: Job['status'], now: number, changes: Partial<Job>): Change {
  const timed = job.phase ? enterPhase(job, null, now) : job;
  return {
    job: { ...timed, ...changes, status, phase: null, note: null, leaseUntil: 0, ended: now },
    effects: [{ type: 'record', id: job.id }],
  };
}

/** Jobs of one dataset run one after the other, in the order in which they were asked for. */
function startNext({ jobs, effects }: Step, now: number): Step {
  if (jobs.some((job) => job.status === 'running')) return { jobs, effects };
  const next = jobs.find((job) => job.status === 'queued');
  if (!next) return { jobs, effects };
  const stages = { ...next.stages, queued: now - next.created };
  const running: Job = { ...next, status: 'running', phase: 'codes', phaseSince: now, started: now, stages };
  const started = lease(running, now);
  return {
    jobs: jobs.map((job) => (job.id === next.id ? started : job)),
    effects: [...effects, { type: 'prepare', id: started.id, epoch: started.epoch }],
  };
}

const renew = (job: Job, now: number): Job => ({ ...job, leaseUntil: now + leaseMs });

const lease = (job: Job, now: number): Job =>
  renew({ ...job, epoch: job.epoch + 1, attempts: job.attempts + 1 }, now);

/** Books the milliseconds of the phase that ends. */
function enterPhase(job: Job, phase: Job['phase'], now: number): Job {
  const stages = { ...job.stages };
  if (job.phase) stages[job.phase] = (stages[job.phase] ?? 0) + now - (job.phaseSince ?? now);
  return { ...job, phase, phaseSince: phase && now, stages };
}

const prefixed = (place: string, stages: Record<string, number>) =>
  Object.fromEntries(Object.entries(stages).map(([name, ms]) => [`${place}.${name}`, ms]));

function mapJobs(jobs: Job[], change: (job: Job) => Change): Step {
  const changes = jobs.map(change);
  return { jobs: changes.map(({ job }) => job), effects: changes.flatMap(({ effects }) => effects) };
}
