// Making a backbone of a fine-tuned version. The trainer composes and measures the file and stores it under its digest;
// the name is given here, by the one who can tell whether it is free.

import {
  backboneKey,
  type CurrentBackbone,
  CurrentBackboneSchema,
  currentBackboneKey,
  type Job,
  type Manifest,
  quantisationKey,
  type Share,
  type ShareRequest,
  type TrainingData,
  trainingId,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { newJob, type Prepared } from '../../../lib/jobs/index.ts';
import { readManifest } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { fromJson, toJson } from '../../../lib/tensors/index.ts';
import type { Verifier } from '../../../lib/trust/index.ts';
import { requireNotEnding } from './ending-heads.ts';
import type { Parts } from './parts.ts';
import { nextUlid, requireTrainer, takeUp } from './trainings.ts';

type Bucket = { store: ObjectStore; verifier: Verifier };

/**
 * Takes up the sharing of a version, which queues with the trainings of its dataset.
 *
 * @throws HeadwaterError `not-found`, `conflict` for a version without a tail and for a name that is taken
 */
export function requestSharing(parts: Parts, share: Share, claim?: string): Promise<TrainingData> {
  return takeUp(parts, claim, async () => {
    const { dataset, store, journal } = parts;
    requireNotEnding(parts, share.head);
    requireTrainer(parts, 'Making a backbone of a version');
    const { backbone, codeSpace, codeSpaceDocument, seed } = await tailedVersion(parts, share);
    const isTaken =
      (await store.head(currentBackboneKey(share.name))) !== null ||
      journal.activeJobs().some((job) => job.share?.name === share.name);
    if (isTaken) throw nameTaken(share.name);
    const id = trainingId(dataset, claim ?? nextUlid());
    const about = { id, task: 'share' as const, head: null, share, dataset };
    return newJob({ ...about, seed, backbone, codeSpace, codeSpaceDocument }, Date.now());
  });
}

/** What the job works on: the pictures that the version was trained on. */
export async function prepareSharing(job: Job, bucket: Bucket): Promise<Prepared> {
  const { snapshot } = await tailedVersion(bucket, shareOf(job));
  return { snapshot, start: null, place: 'trainer' };
}

/** What the trainer is asked for. */
export async function shareRequestOf(job: Job, bucket: Bucket): Promise<ShareRequest> {
  const { tail } = await tailedVersion(bucket, shareOf(job));
  const { id, epoch, dataset, snapshot, backbone, codeSpace, codeSpaceDocument } = job;
  return {
    ...{ job: id, epoch, dataset, snapshot: snapshot!, share: shareOf(job) },
    ...{ backbone, codeSpace, codeSpaceDocument, tail },
  };
}

/** Points the new name at what the trainer has stored. Doing it again changes nothing. */
export async function keepBackbone(store: ObjectStore, job: Job, current: CurrentBackbone): Promise<void> {
  const { name } = shareOf(job);
  const { digest, quantisation } = current;
  const files = [
    backboneKey(name, digest),
    ...(quantisation ? [quantisationKey(name, digest, quantisation)] : []),
  ];
  const isThere = await Promise.all(files.map((key) => store.head(key)));
  if (current.name !== name || isThere.includes(null))
    throw new HeadwaterError(
      'trainer-failed',
      'The trainer reported a backbone that does not lie in storage.',
    );
  const key = currentBackboneKey(name);
  const bytes = toJson(CurrentBackboneSchema.parse(current));
  if (await store.put(key, bytes, { contentType: 'application/json', onlyIf: { absent: true } })) return;
  const there = await store.get(key);
  if (there && CurrentBackboneSchema.safeParse(fromJson(there.body)).data?.digest === digest) return;
  throw nameTaken(name);
}

async function tailedVersion(
  { store, verifier }: Bucket,
  { head, version }: Share,
): Promise<Manifest & { tail: NonNullable<Manifest['tail']> }> {
  const manifest = await readManifest(store, head, version, verifier);
  if (!manifest) throw new HeadwaterError('not-found', `"${head}" has no version ${version}.`);
  const { tail } = manifest;
  if (!tail)
    throw new HeadwaterError(
      'conflict',
      `${head}@${version} has no layers of its own: it was trained as ${manifest.strategy}, and its backbone is "${manifest.backbone.name}". Share a version that was fine-tuned.`,
    );
  return { ...manifest, tail };
}

function shareOf({ id, share }: Job): Share {
  if (!share) throw new HeadwaterError('internal', `The job ${id} shares nothing.`);
  return share;
}

const nameTaken = (name: string) =>
  new HeadwaterError('conflict', `There is a backbone "${name}" already. Choose another name.`, { name });
