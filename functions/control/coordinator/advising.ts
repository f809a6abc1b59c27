// Advice on a dataset and a backbone: a job of the trainer's, whose answer is stored before the job has succeeded, and
// read with a word on whether data or backbone have moved since.

import {
  type Advice,
  type AdviceData,
  adviceKey,
  CurrentBackboneSchema,
  codeSpaceDigest,
  currentBackboneKey,
  type HeadTarget,
  type Job,
  type StoredAdvice,
  StoredAdviceSchema,
  type TrainingData,
  trainingId,
} from '../../../lib/contract/index.ts';
import { type ExampleIndex, readSnapshot } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { newJob } from '../../../lib/jobs/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { fromJson, sha256, toJson } from '../../../lib/tensors/index.ts';
import { requireNotEnding } from './ending-heads.ts';
import type { Parts } from './parts.ts';
import { nextUlid, requireLabels, requireTrainer, takeUp } from './trainings.ts';

/**
 * Takes a job of advice up, which queues with the dataset's trainings.
 *
 * @throws HeadwaterError `trainer-unavailable`, `too-few-examples`, `too-many-labels`, `too-many-trainings`, `conflict`
 */
export function requestAdvice(parts: Parts, target: HeadTarget, claim?: string): Promise<TrainingData> {
  return takeUp(parts, claim, async () => {
    const { dataset, index } = parts;
    requireNotEnding(parts);
    requireTrainer(parts, 'Advice');
    requireLabels(dataset, index.labels());
    const wanted = {
      id: trainingId(dataset, claim ?? nextUlid()),
      task: 'advise' as const,
      head: null,
      dataset,
      seed: 0,
      backbone: target.backbone,
      codeSpace: await codeSpaceDigest(target.codeSpace),
      codeSpaceDocument: target.codeSpace,
    };
    return newJob(wanted, Date.now());
  });
}

/** Stores what the trainer has answered. Doing it again changes nothing. */
export async function keepAdvice(
  { store, dataset }: { store: ObjectStore; dataset: string },
  job: Job,
  advice: Advice,
): Promise<void> {
  const isOfJob =
    advice.dataset === dataset &&
    advice.backbone.name === job.backbone.name &&
    advice.snapshot === job.snapshot;
  if (!isOfJob)
    throw new HeadwaterError('trainer-failed', 'The trainer answered with advice on something else.');
  const { examples } = await readSnapshot(store, dataset, job.snapshot!);
  const stored: StoredAdvice = StoredAdviceSchema.parse({
    ...advice,
    codeSpace: job.codeSpace,
    examplesDigest: await digestOf(examples),
    created: new Date(job.phaseSince ?? job.created).toISOString(),
  });
  await store.put(adviceKey(dataset, job.backbone.name), toJson(stored), { contentType: 'application/json' });
}

/** @throws HeadwaterError `not-found` where nobody has asked for any; `invalid-file` */
export async function readAdvice(
  { store, dataset, index }: Pick<Parts, 'store' | 'dataset' | 'index'>,
  backbone: string,
): Promise<AdviceData> {
  const object = await store.get(adviceKey(dataset, backbone));
  if (!object)
    throw new HeadwaterError(
      'not-found',
      `There is no advice on "${dataset}" and the backbone "${backbone}" yet. Ask for it: POST /v1/datasets/{ds}/advice with {"backbone": ${JSON.stringify(backbone)}}.`,
    );
  const parsed = StoredAdviceSchema.safeParse(asJson(object.body));
  if (!parsed.success)
    throw new HeadwaterError('invalid-file', 'The stored advice cannot be read. Ask for it again.');
  const { examplesDigest, ...advice } = parsed.data;
  const hasMoved = examplesDigest !== (await digestOf(usable(index, advice.codeSpace)));
  return { ...advice, stale: hasMoved || (await isOtherFile(store, advice.backbone)) };
}

/** Whether the backbone's name stands for another file by now. */
async function isOtherFile(store: ObjectStore, { name, digest }: Advice['backbone']): Promise<boolean> {
  const object = await store.get(currentBackboneKey(name));
  const current = object && CurrentBackboneSchema.safeParse(asJson(object.body)).data;
  return current ? current.digest !== digest : false;
}

function asJson(bytes: Uint8Array): unknown {
  try {
    return fromJson(bytes);
  } catch {
    return undefined;
  }
}

/** What a snapshot of now would hold: images that cannot be read never get into one. */
function usable(index: ExampleIndex, codeSpace: string) {
  const unreadable = new Set(index.unreadable(codeSpace));
  return index.examples().filter(({ digest }) => !unreadable.has(digest));
}

/** What two sets of labelled images have in common if they are the same. */
function digestOf(examples: readonly { digest: string; label: string }[]): Promise<string> {
  const lines = examples.map(({ digest, label }) => `${digest} ${label}`);
  return sha256(lines.sort().join('\n'));
}
