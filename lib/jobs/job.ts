// A job by itself: how it begins, whether it is over, what it has made.

import {
  type Job,
  type JobTaskName,
  type TrainingOptions,
  TrainingOptionsSchema,
  type TrainResult,
} from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';

/** What a job does. Records of former releases say it by their head alone. */
export const taskOf = ({ task, head }: Pick<Job, 'task' | 'head'>): JobTaskName =>
  task ?? (head === null ? 'reindex' : 'train');

/** Whether a job needs this head, or this version of it, to stay. */
export const needsHead = ({ head, share }: Pick<Job, 'head' | 'share'>, name: string): boolean =>
  head === name || share?.head === name;

/** Whether a job has ended, in whatever way; nothing changes it any more. */
export const isOver = (job: Pick<Job, 'status'>) => !['waiting', 'queued', 'running'].includes(job.status);

/** A job as it is when it has just been asked for. */
export function newJob(
  wanted: Pick<Job, 'id' | 'head' | 'dataset' | 'seed' | 'backbone' | 'codeSpace' | 'codeSpaceDocument'> & {
    task?: JobTaskName;
    options?: TrainingOptions;
    share?: Job['share'];
  },
  now: number,
): Job {
  return {
    format: 1,
    options: TrainingOptionsSchema.parse({}),
    share: null,
    ...wanted,
    status: 'queued',
    phase: null,
    progress: 0,
    note: null,
    epoch: 0,
    leaseUntil: 0,
    attempts: 0,
    fills: 0,
    losses: 0,
    expectation: null,
    snapshot: null,
    start: null,
    place: null,
    begins: 0,
    result: null,
    version: null,
    error: null,
    reason: null,
    created: now,
    started: null,
    ended: null,
    phaseSince: null,
    stages: {},
  };
}

/** The head that a job trains. @throws HeadwaterError `internal` for a job that trains none: it never gets as far as asking */
export function headOf(job: Pick<Job, 'id' | 'head'>): string {
  if (job.head === null) throw new HeadwaterError('internal', `The job ${job.id} trains no head.`);
  return job.head;
}

/** The result that a committing job carries. Former releases trained linear heads in the job's own space and said neither. */
export const resultOf = (job: Job): TrainResult => ({
  strategy: 'linear',
  codeSpace: job.codeSpace,
  codeSpaceDocument: job.codeSpaceDocument,
  tail: null,
  ...(job.result as Omit<TrainResult, 'strategy' | 'codeSpace' | 'codeSpaceDocument' | 'tail'>),
});
