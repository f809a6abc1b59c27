// Asking for a training, and telling how it stands.

import { monotonicFactory, type ULIDFactory } from 'ulid';
import {
  codeSpaceDigest,
  type HeadDocument,
  type HeadTarget,
  type Job,
  JobSchema,
  jobKey,
  parseTrainingId,
  type TrainingData,
  type TrainingRequestData,
  trainingId,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { newJob, resultOf } from '../../../lib/jobs/index.ts';
import { claimHead } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import type { Journal } from './journal.ts';

/** A job with its report is one value in SQLite, which takes 2 MB: two confusion matrices of 500 labels are 1 MB. */
export const maxLabels = 500;

/** Made at the first use: Workers have no random numbers in global scope. */
let monotonic: ULIDFactory | undefined;

/** ULIDs that grow within a millisecond too, so that ids sort in the order in which trainings were asked for. */
function nextUlid(): string {
  monotonic ??= monotonicFactory();
  return monotonic();
}

/**
 * Claims the head, if it is new, and makes the job.
 *
 * @throws HeadwaterError `too-few-examples` below two labels, `too-many-labels`, `head-bound-elsewhere`, `conflict`
 */
export async function beginTraining(
  head: string,
  request: TrainingRequestData,
  target: HeadTarget,
  labels: Record<string, number>,
  store: ObjectStore,
): Promise<Job> {
  const names = Object.keys(labels);
  if (names.length < 2)
    throw new HeadwaterError(
      'too-few-examples',
      `The dataset "${request.dataset}" has ${names.length === 0 ? 'no examples' : `one label (${names[0]})`}. A head needs at least two labels with an image each.`,
      { labels: names },
    );
  if (names.length > maxLabels)
    throw new HeadwaterError(
      'too-many-labels',
      `The dataset "${request.dataset}" has ${names.length} labels. A head takes at most ${maxLabels}: split the dataset.`,
      { maxLabels },
    );
  const document = await claimHead(store, headDocument(head, request, target));
  agree(document, request, target);
  const wanted = {
    id: trainingId(request.dataset, nextUlid()),
    head,
    dataset: request.dataset,
    seed: request.seed ?? 0,
    backbone: document.backbone,
    codeSpace: await codeSpaceDigest(target.codeSpace),
    codeSpaceDocument: target.codeSpace,
    options: {
      classWeights: request.classWeights ?? ('none' as const),
      strength: request.strength ?? null,
      warmStart: request.warmStart ?? true,
    },
  };
  return newJob(wanted, Date.now());
}

function headDocument(head: string, request: TrainingRequestData, target: HeadTarget): HeadDocument {
  return {
    format: 1,
    head,
    dataset: request.dataset,
    strategy: request.strategy,
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

/** How a training stands: from the journal, or from the bucket if the journal has forgotten it. */
export async function describeTraining(
  dataset: string,
  id: string,
  journal: Journal,
  store: ObjectStore,
): Promise<TrainingData> {
  const job = journal.job(id) ?? (await recordedJob(dataset, id, store));
  if (!job) throw new HeadwaterError('not-found', `There is no training "${id}".`);
  return {
    id: job.id,
    head: job.head,
    dataset: job.dataset,
    status: job.status,
    phase: job.phase,
    progress: job.progress,
    stages: job.stages,
    ...(isPublished(job) && { version: job.version!, report: resultOf(job).report }),
    ...(job.error && { error: job.error }),
    ...(job.reason && { reason: job.reason }),
  };
}

const isPublished = (job: Job) => job.status === 'succeeded' || job.status === 'held';

async function recordedJob(dataset: string, id: string, store: ObjectStore): Promise<Job | null> {
  const object = await store.get(jobKey(dataset, parseTrainingId(id).ulid));
  const job = object && JobSchema.parse(JSON.parse(new TextDecoder().decode(object.body)));
  return job?.id === id ? job : null;
}
