// Asking for a training, and telling how it stands.

import { monotonicFactory, type ULIDFactory } from 'ulid';
import {
  codeSpaceDigest,
  type HeadDocument,
  type HeadTarget,
  type Job,
  type TrainingData,
  type TrainingOptions,
  TrainingOptionsSchema,
  type TrainingRequestData,
  trainingId,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { isOver, newJob, resultOf, taskOf } from '../../../lib/jobs/index.ts';
import { claimHead } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { adoptFloor, requireNotEnding } from './ending-heads.ts';
import type { Journal } from './journal.ts';
import type { Parts } from './parts.ts';
import { readRecord } from './records.ts';

/** A job with its report is one value in SQLite, which takes 2 MB: two confusion matrices of 500 labels are 1 MB. */
export const maxLabels = 500;

/** Trainings of one dataset that may wait for their turn. */
export const maxQueued = 20;

/** For a dataset with these labels: none, or one. */
export const tooFewLabels = (dataset: string, labels: string[]) =>
  new HeadwaterError(
    'too-few-examples',
    `The dataset "${dataset}" has ${labels.length === 0 ? 'no examples' : `one label (${labels[0]})`}. A head needs at least two labels with an image each.`,
    { labels },
  );

/** @throws HeadwaterError `too-few-examples` below two labels, `too-many-labels` */
export function requireLabels(dataset: string, labels: Record<string, number>): void {
  const names = Object.keys(labels);
  if (names.length < 2) throw tooFewLabels(dataset, names);
  if (names.length > maxLabels)
    throw new HeadwaterError(
      'too-many-labels',
      `The dataset "${dataset}" has ${names.length} labels. A head takes at most ${maxLabels}: split the dataset.`,
      { maxLabels },
    );
}

/** For what only a trainer can do. @throws HeadwaterError `trainer-unavailable` */
export function requireTrainer({ hasTrainer }: Pick<Parts, 'hasTrainer'>, what: string): void {
  if (hasTrainer) return;
  throw new HeadwaterError(
    'trainer-unavailable',
    `${what} needs a trainer, and this deployment has none. Run one and set TRAINER_URL; without one, linear heads can be trained.`,
  );
}

/** Made at the first use: Workers have no random numbers in global scope. */
let monotonic: ULIDFactory | undefined;

/** ULIDs that grow within a millisecond too, so that ids sort in the order in which trainings were asked for. */
export function nextUlid(): string {
  monotonic ??= monotonicFactory();
  return monotonic();
}

/**
 * Claims the head, if it is new, and makes the job.
 *
 * @throws HeadwaterError `too-few-examples`, `too-many-labels`, `trainer-unavailable`, `head-bound-elsewhere`, `conflict`
 */
export async function beginTraining(
  head: string,
  request: TrainingRequestData,
  target: HeadTarget,
  dataset: { labels: Record<string, number>; store: ObjectStore; hasTrainer: boolean },
  ulid = nextUlid(),
): Promise<Job> {
  const { labels, store } = dataset;
  requireLabels(request.dataset, labels);
  // Before the head is claimed, where the request itself says so.
  if (request.strategy && request.strategy !== 'linear') requireTrainer(dataset, `"${request.strategy}"`);
  const document = await claimHead(store, headDocument(head, request, target));
  agree(document, request, target);
  const options = optionsOf(request, document);
  if (options.strategy !== 'linear') requireTrainer(dataset, `"${options.strategy}"`);
  const wanted = {
    id: trainingId(request.dataset, ulid),
    task: 'train' as const,
    head,
    dataset: request.dataset,
    seed: request.seed ?? 0,
    backbone: document.backbone,
    codeSpace: await codeSpaceDigest(target.codeSpace),
    codeSpaceDocument: target.codeSpace,
    options,
  };
  return newJob(wanted, Date.now());
}

/** What is asked for, with the head's own strategy where none is. */
const optionsOf = (request: TrainingRequestData, { strategy }: HeadDocument): TrainingOptions =>
  TrainingOptionsSchema.parse({ ...request, strategy: request.strategy ?? strategy });

function headDocument(head: string, request: TrainingRequestData, target: HeadTarget): HeadDocument {
  return {
    format: 1,
    head,
    dataset: request.dataset,
    strategy: request.strategy ?? 'linear',
    kind: request.kind ?? 'softmax',
    backbone: target.backbone,
    taps: target.taps,
    policy: { promote: 'stable' },
    created: new Date().toISOString(),
  };
}

/** An existing head keeps what it was made with. */
function agree(document: HeadDocument, request: TrainingRequestData, target: HeadTarget): void {
  if (document.dataset !== request.dataset)
    throw new HeadwaterError(
      'head-bound-elsewhere',
      `"${document.head}" is bound to the dataset "${document.dataset}". Train another head on "${request.dataset}".`,
      { dataset: document.dataset },
    );
  const differs = [
    request.kind && request.kind !== document.kind && `kind "${document.kind}"`,
    target.backbone.digest !== document.backbone.digest && `backbone "${document.backbone.name}"`,
    JSON.stringify(target.taps) !== JSON.stringify(document.taps) &&
      `tap "${document.taps.map((t) => t.op).join()}"`,
  ].filter((what) => what);
  if (differs.length > 0)
    throw new HeadwaterError(
      'conflict',
      `"${document.head}" was made with ${differs.join(' and ')}. Leave that out, or train another head.`,
    );
}

/**
 * Takes a training up, which begins at once or queues. Under the `claim` of a request that is repeated it is the
 * training of that ULID, and is taken up once.
 */
export async function requestTraining(
  parts: Parts,
  head: string,
  request: TrainingRequestData,
  target: HeadTarget,
  claim?: string,
): Promise<TrainingData> {
  return takeUp(parts, claim, async () => {
    requireNotEnding(parts, head);
    const job = await beginTraining(head, request, target, { ...parts, labels: parts.index.labels() }, claim);
    await adoptFloor(parts, head);
    return job;
  });
}

/**
 * Makes a job and takes it up, once for every `claim`. Nothing is deleted meanwhile, so that what the job is about
 * (a head that it has just claimed) is there when it begins.
 *
 * @throws HeadwaterError `too-many-trainings`
 */
export async function takeUp(
  parts: Parts,
  claim: string | undefined,
  make: () => Promise<Job>,
): Promise<TrainingData> {
  const { dataset, journal, runner } = parts;
  const known = claim && trainingId(dataset, claim);
  if (known && (await findJob(parts, known))) return describeTraining(parts, known);
  const id = await parts.starts(async () => {
    refuseIfFull(journal);
    const job = await make();
    // Another attempt under the same claim may have been faster.
    if (!journal.job(job.id)) {
      refuseIfFull(journal);
      runner.request(job);
    }
    return job.id;
  });
  return describeTraining(parts, id);
}

function refuseIfFull(journal: Journal): void {
  if (journal.activeJobs().filter(({ status }) => status === 'queued').length < maxQueued) return;
  throw new HeadwaterError(
    'too-many-trainings',
    `${maxQueued} trainings of this dataset are waiting already. Wait until one has ended, or cancel one.`,
    { maxQueued },
  );
}

/** A training that is committing or has ended stays as it is. */
export async function cancelTraining(parts: Parts, id: string): Promise<TrainingData> {
  parts.runner.handle({ type: 'cancel', id });
  return describeTraining(parts, id);
}

/** How a training stands: from the journal, or from the bucket if the journal has forgotten it. */
export async function describeTraining(parts: Memory, id: string): Promise<TrainingData> {
  const job = await findJob(parts, id);
  if (!job) throw new HeadwaterError('not-found', `There is no training "${id}".`);
  return {
    id: job.id,
    task: taskOf(job),
    head: job.head,
    dataset: job.dataset,
    status: job.status,
    phase: job.phase,
    progress: job.progress,
    ...(taskOf(job) === 'train' && { strategy: job.options.strategy }),
    ...(job.note !== null && { note: job.note }),
    stages: job.stages,
    ...(isPublished(job) && { version: job.version!, report: resultOf(job).report }),
    ...(job.error && { error: job.error }),
    ...(job.reason && { reason: job.reason }),
  };
}

const isPublished = (job: Job) =>
  job.version !== null && (job.status === 'succeeded' || job.status === 'held');

type Memory = Pick<Parts, 'dataset' | 'journal' | 'store'>;

const findJob = async ({ dataset, journal, store }: Memory, id: string): Promise<Job | null> =>
  journal.job(id) ?? lost(await readRecord(store, dataset, id));

/** The record of a job that the journal knows no more: it has ended, or went with the coordinator's storage. */
function lost(job: Job | null): Job | null {
  if (!job || isOver(job)) return job;
  const detail = 'The coordinator has lost its memory of this training. Train again.';
  return { ...job, status: 'failed', phase: null, error: { type: 'internal', detail } };
}
