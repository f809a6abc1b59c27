// The commit of a training: version, then channel. Every step can be repeated after a crash: the number is in
// the journal before the manifest is written, the manifest's bytes depend on the job alone, and the channel
// moves only from what the job was told it would find.

import {
  blobKey,
  type HeadDocument,
  type Job,
  type Manifest,
  type TrainResult,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { resultOf } from '../../../lib/jobs/index.ts';
import { listVersions, published, writeManifest } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { sha256 } from '../../../lib/tensors/index.ts';
import type { Signer } from '../../../lib/trust/index.ts';
import type { ChannelKeeper } from './channel-keeper.ts';
import { blobsOf } from './cited.ts';
import type { Journal } from './journal.ts';

/** Publishes a job's version and moves `stable` to it. Answers the version, and why it is held if it is. */
export async function commit(
  id: string,
  head: HeadDocument,
  deps: { store: ObjectStore; journal: Journal; signer: Signer; channels: ChannelKeeper },
): Promise<{ version: number; held: string | null }> {
  const version = await publish(id, head, deps);
  const expected = deps.journal.job(id)!.expectation?.stable ?? null;
  const held = await deps.channels.move(head.head, (current, move) => {
    // After a crash the channel may have been moved already.
    if (current?.stable === version) return null;
    return published(current, version, expected, move);
  });
  return { version, held };
}

/** The highest number that a version of this name has, or has had. */
async function lastNumber(head: string, store: ObjectStore, journal: Journal): Promise<number> {
  return Math.max((await listVersions(store, head)).at(-1) ?? 0, journal.floor(head).version);
}

async function publish(
  id: string,
  head: HeadDocument,
  { store, journal, signer }: { store: ObjectStore; journal: Journal; signer: Signer },
): Promise<number> {
  for (;;) {
    const job = journal.job(id)!;
    const version = job.version ?? (await lastNumber(head.head, store, journal)) + 1;
    journal.saveJob({ ...job, version });
    if (await writeManifest(store, manifestOf({ ...job, version }, head, version), signer)) return version;
    // Someone else's manifest stands under this number: take the next.
    journal.saveJob({ ...job, version: null });
  }
}

function manifestOf(job: Job, head: HeadDocument, version: number): Manifest {
  const result: TrainResult = resultOf(job);
  return {
    format: 1,
    head: head.head,
    version,
    dataset: head.dataset,
    strategy: result.strategy,
    kind: head.kind,
    labels: result.labels,
    dims: result.dims,
    backbone: job.backbone,
    codeSpace: result.codeSpace,
    codeSpaceDocument: result.codeSpaceDocument,
    blob: result.blob,
    temperature: result.temperature,
    calibration: result.calibration,
    confidence: result.confidence,
    openSet: result.openSet,
    strength: result.strength,
    hyperParameters: result.hyperParameters,
    seed: job.seed,
    startBlob: job.start?.blob ?? null,
    snapshot: job.snapshot!,
    report: result.report,
    goldens: result.goldens,
    tail: result.tail,
    options: job.options,
    job: job.id,
    created: new Date(job.phaseSince ?? job.created).toISOString(),
  };
}

/** @throws HeadwaterError `digest-mismatch` when a blob that a trainer reports is not what lies in storage. */
export async function checkBlobs(
  store: ObjectStore,
  head: string,
  { blob, tail }: Pick<TrainResult, 'blob' | 'tail'>,
): Promise<void> {
  for (const each of blobsOf({ blob, tail })) await checkBlob(store, head, each);
}

async function checkBlob(store: ObjectStore, head: string, blob: TrainResult['blob']): Promise<void> {
  const object = await store.get(blobKey(head, blob.digest));
  if (!object || object.size !== blob.bytes || (await sha256(object.body)) !== blob.digest)
    throw new HeadwaterError(
      'digest-mismatch',
      'The trainer reported a blob that does not lie in storage as reported.',
    );
}
