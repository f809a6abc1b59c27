// Jobs and a small world around the machine, for the tests of this folder: it keeps what a journal keeps,
// hands in events and looks at every transition.

import {
  type CodeSpace,
  CurrentBackboneSchema,
  type Job,
  JobSchema,
  type TrainerLine,
  type TrainResult,
} from '../../contract/index.ts';
import { advance, isOver, type JobEffect, type JobEvent, newJob } from '../index.ts';

const digest = 'ab'.repeat(32);

const codeSpaceDocument: CodeSpace = {
  backbone: digest,
  taps: [{ op: 'relu', pooling: 'avg', pre: false }],
  arithmetic: { kind: 'float32', quantisation: null, kernel: '1' },
  recipe: { size: 224, fit: 'stretch', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  imagePipeline: '1',
};

export const result: TrainResult = {
  blob: { digest, bytes: 9 },
  labels: ['ants', 'bees'],
  dims: 3,
  strength: 0.1,
  temperature: 1,
  calibration: 'none',
  confidence: 'uncalibrated',
  openSet: null,
  hyperParameters: {},
  report: {
    examples: 2,
    labels: [],
    dims: 3,
    strength: 0.1,
    fittedOn: 'all',
    heldOut: null,
    outOfFold: null,
  },
  goldens: [],
  strategy: 'linear',
  codeSpace: digest,
  codeSpaceDocument,
  tail: null,
};

/** The job of this id is one that shares a version; all others train. */
export const sharingId = 'd';

export const jobNamed = (id: string, now = 0, wanted: Partial<Parameters<typeof newJob>[0]> = {}): Job =>
  newJob(
    {
      id,
      ...(id === sharingId
        ? { task: 'share', head: null, share: { name: 'mine', head: 'h', version: 1 } }
        : { task: 'train', head: 'h' }),
      dataset: 'ds',
      seed: 0,
      backbone: { name: 'net', digest },
      codeSpace: digest,
      codeSpaceDocument,
      ...wanted,
    },
    now,
  );

export const snapshot = digest;

/** What a trainer says when it has made a backbone. */
export const sharedLine: TrainerLine = {
  type: 'shared',
  current: CurrentBackboneSchema.parse({
    format: 1,
    name: 'mine',
    digest,
    updated: '2026-01-02T03:04:05.678Z',
  }),
};

export interface Transition {
  event: JobEvent;
  now: number;
  /** Jobs that were not over, in the order asked for. */
  before: Job[];
  after: Job[];
  effects: JobEffect[];
}

export type World = ReturnType<typeof createWorld>;

/** A journal and a clock around {@link advance}. */
export function createWorld(watch: (transition: Transition) => void = () => {}) {
  const journal = new Map<string, Job>();
  const effects: JobEffect[] = [];
  let now = 1_700_000_000_000;
  const active = () => [...journal.values()].filter((job) => !isOver(job));

  return {
    effects,
    active,
    jobs: () => [...journal.values()],
    job: (id: string) => journal.get(id)!,
    running: () => active().find((job) => job.status === 'running'),
    now: () => now,
    wait(ms: number): void {
      now += ms;
    },
    /** Hands in one event and answers what is to be done. What comes in is frozen: a pure function won't mind. */
    handle(event: JobEvent): JobEffect[] {
      const before = deepFreeze(active());
      const step = advance(before, deepFreeze(event), now);
      for (const job of step.jobs) journal.set(job.id, JobSchema.parse(job));
      effects.push(...step.effects);
      watch({ event, now, before, after: step.jobs, effects: step.effects });
      return step.effects;
    },
    request(id: string): JobEffect[] {
      return this.handle({ type: 'requested', job: jobNamed(id, now) });
    },
  };
}

function deepFreeze<T>(value: T): T {
  if (value && typeof value === 'object' && !(value instanceof Set)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
