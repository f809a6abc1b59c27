// How far a job has got: what the trainer says of a phase becomes a share of the whole, which never falls.

import type { Job, TrainerLine } from '../contract/index.ts';
import { taskOf } from './job.ts';

/** Shares of the progress bar: codes up to here, training from here to `committingFrom`. */
export const trainingFrom = 0.4;
export const committingFrom = 0.95;
/** What counts as having got further: leases are bounded, since there are only so many such steps. */
export const furtherStep = 0.001;

/** What the trainer says of its progress. A job that gets further has a trainer that works: what went wrong before is
 *  forgotten, so that a long training outlives any number of deaths of its trainer. */
export function further(job: Job, { progress, note }: Extract<TrainerLine, { type: 'progress' }>): Job {
  const codesUpTo = taskOf(job) === 'reindex' ? 1 : trainingFrom;
  const [from, to] = job.phase === 'codes' ? [0, codesUpTo] : [trainingFrom, committingFrom];
  const reached = Math.max(job.progress, from + (to - from) * progress);
  const isFurther = Math.floor(reached / furtherStep) > Math.floor(job.progress / furtherStep);
  return {
    ...job,
    note: note ?? null,
    progress: reached,
    losses: reached > job.progress ? 0 : job.losses,
    attempts: isFurther ? Math.min(job.attempts, 1) : job.attempts,
  };
}
