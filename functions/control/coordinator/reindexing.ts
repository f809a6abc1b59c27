// Making the codes that a dataset lacks in a code space, without training anything: after a change of arithmetic, of
// the image pipeline or of the backbone, so that the next training need not wait for them.

import {
  codeSpaceDigest,
  type HeadTarget,
  type Job,
  type TrainingData,
  trainingId,
} from '../../../lib/contract/index.ts';
import { newJob } from '../../../lib/jobs/index.ts';
import { requireNotEnding } from './ending-heads.ts';
import type { Parts } from './parts.ts';
import { nextUlid, takeUp } from './trainings.ts';

/**
 * Takes a reindexing up, which queues with the dataset's trainings. Codes that are there already stay.
 *
 * @throws HeadwaterError `too-many-trainings`, `conflict` while the dataset is being deleted
 */
export function requestReindexing(parts: Parts, target: HeadTarget, claim?: string): Promise<TrainingData> {
  return takeUp(parts, claim, () => {
    requireNotEnding(parts);
    return newReindexing(parts.dataset, target, claim);
  });
}

/** The job of a reindexing. */
export async function newReindexing(dataset: string, target: HeadTarget, ulid = nextUlid()): Promise<Job> {
  const wanted = {
    id: trainingId(dataset, ulid),
    task: 'reindex' as const,
    head: null,
    dataset,
    seed: 0,
    backbone: target.backbone,
    codeSpace: await codeSpaceDigest(target.codeSpace),
    codeSpaceDocument: target.codeSpace,
  };
  return newJob(wanted, Date.now());
}
