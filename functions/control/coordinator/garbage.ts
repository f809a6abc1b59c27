// Garbage collection: deleting what nothing points at and what has been there for longer than the grace period.
// Only the coordinator does it, because only it can know, and each kind has its own reason why what is looked at is
// still garbage when it is deleted:
//
//   blobs      of a head without a training, and none can begin meanwhile
//   snapshots  while none can be frozen; frozen again, one is young again
//   segments   likewise; a place in a segment that nobody reads is never given out again
//   spaces     without any training
//   examples   doomed while no upload is acknowledged; an upload that comes later looks whether its key is doomed
//   jobs       whose training is over: its record after `jobDays`, its checkpoint at once
//   heads      remains under the name of a head that was deleted, as long as there is no new one
//
// Whatever is deleted by way of the doomed keys is swept after a crash; the rest is found by the next collection.

import { decodeTime } from 'ulid';
import {
  blobsPrefix,
  examplesPrefix,
  type GarbageData,
  type GarbageRequestData,
  headPrefix,
  jobsPrefix,
  parseCheckpointKey,
  parseExampleKey,
  parseLeaf,
  trainingId,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { readHeadDocument } from '../../../lib/registry/index.ts';
import { blobsInUse, versionsOfDataset } from './cited.ts';
import { requireNotEnding } from './ending-heads.ts';
import { type Collection, createGarbageBin } from './garbage-bin.ts';
import { collectCodes, collectSpaces } from './garbage-codes.ts';
import type { Parts } from './parts.ts';

const dayMs = 86_400_000;

/** @throws HeadwaterError `not-found`, `conflict` while the dataset is being deleted */
export async function collectGarbage(
  parts: Parts,
  request: GarbageRequestData,
  keepSpaces: string[],
): Promise<GarbageData> {
  if (!parts.policy) throw new HeadwaterError('not-found', `There is no dataset "${parts.dataset}".`);
  requireNotEnding(parts);
  const bin = createGarbageBin(request.dryRun, Date.now() - 1000 * request.graceSeconds);
  // In this order: what a training hands to its version is in one of the two.
  const inTraining = new Set(parts.journal.activeJobs().flatMap(({ snapshot }) => snapshot ?? []));
  const { heads, versions } = await versionsOfDataset(parts);
  const collection: Collection = { parts, bin, request, versions, inTraining, keepSpaces };
  for (const head of heads) await collectBlobs(collection, head);
  await collectCodes(collection);
  if (request.spaces) await collectSpaces(collection);
  await collectExamples(collection);
  await collectJobs(collection);
  for (const head of parts.journal.flooredHeads()) await collectRemains(collection, head);
  await parts.codes.sweep();
  return bin.found;
}

const collectBlobs = ({ parts, bin }: Collection, head: string): Promise<void> =>
  parts.starts(async () => {
    if (parts.journal.activeJobs().some((job) => job.head === head))
      return bin.skip('blobs', `"${head}" is being trained.`);
    const used = await blobsInUse(parts, head);
    if (!used) return bin.skip('blobs', `A version of "${head}" cannot be read, and may need any of them.`);
    const prefix = blobsPrefix(head);
    const garbage = await bin.old(parts.store, prefix, (key) => {
      const digest = parseLeaf(key, prefix, '.safetensors');
      return digest !== undefined && !used.has(digest);
    });
    await parts.store.delete(bin.take('blobs', garbage));
  });

/** Images that were uploaded and never acknowledged. */
async function collectExamples({ parts, bin }: Collection): Promise<void> {
  const { index, dataset } = parts;
  const isUnknown = (key: string) => {
    const parsed = parseExampleKey(key);
    const row = parsed && index.find(parsed.digest);
    return parsed !== undefined && (row?.label !== parsed.label || row.extension !== parsed.extension);
  };
  const candidates = await bin.old(
    parts.store,
    examplesPrefix(dataset),
    (key) => isUnknown(key) && !index.isDoomed(key),
  );
  await parts.mutations(async () => {
    for (const key of bin.take(
      'examples',
      candidates.filter(({ key }) => isUnknown(key)),
    ))
      index.doom(key);
  });
}

async function collectJobs({ parts, bin, request }: Collection): Promise<void> {
  const { dataset, journal, store } = parts;
  const prefix = jobsPrefix(dataset);
  const before = Date.now() - request.jobDays * dayMs;
  const garbage = await bin.old(parts.store, prefix, (key) => {
    const record = parseLeaf(key, prefix, '.json');
    const ulid = record ?? parseCheckpointKey(key);
    if (ulid === undefined || (record !== undefined && decodeTime(record) >= before)) return false;
    return !journal.activeJobs().some(({ id }) => id === trainingId(dataset, ulid));
  });
  await store.delete(bin.take('jobs', garbage));
}

/** What a trainer or a broken deletion has left under the name of a head that is no more. */
const collectRemains = ({ parts, bin }: Collection, head: string): Promise<void> =>
  parts.starts(async () => {
    const isHead = () =>
      readHeadDocument(parts.store, head).then(
        (document) => document !== null,
        () => true,
      );
    if (await isHead()) return;
    const garbage = await bin.old(parts.store, headPrefix(head), () => true);
    if (garbage.length > 0 && !(await isHead())) await parts.store.delete(bin.take('heads', garbage));
  });
