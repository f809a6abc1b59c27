// Deleting heads and versions. What is being deleted stands in the journal before anything is touched, so that no
// training begins on it, no channel moves to it, and an alarm finishes what a crash has cut off. The order in which
// a head goes is told in lib/registry/delete-head.ts; a version goes so:
//
//   1. its number becomes part of the floor, so that no later version gets it;
//   2. it leaves the channels' history, so that no rollback leads to it;
//   3. the manifest: from here on there is no such version;
//   4. its weights, unless another version has the same or began from them. A crash before this leaves them to
//      garbage collection.

import {
  blobKey,
  type Channels,
  channelsKey,
  type Manifest,
  versionKey,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { needsHead } from '../../../lib/jobs/index.ts';
import {
  deleteHeadObjects,
  listVersions,
  raiseFloor,
  readChannels,
  readFloor,
  readHeadDocument,
  readManifest,
  requireHead,
  withoutVersion,
} from '../../../lib/registry/index.ts';
import { blobsInUse, blobsOf } from './cited.ts';
import type { Parts } from './parts.ts';

type EndingParts = Pick<
  Parts,
  'dataset' | 'store' | 'journal' | 'channels' | 'verifier' | 'alarms' | 'starts'
>;

/** @throws HeadwaterError `not-found`, `conflict` while it is being trained */
export const deleteHead = (parts: EndingParts, head: string): Promise<null> =>
  parts.starts(async () => {
    const { journal, alarms } = parts;
    await requireOwnHead(parts, head);
    const job = journal.activeJobs().find((active) => needsHead(active, head));
    if (job)
      throw new HeadwaterError(
        'conflict',
        `"${head}" is being ${job.share ? 'shared' : 'trained'} (${job.id}). Wait until that is over, or cancel it, and delete the head then.`,
        { training: job.id },
      );
    journal.beginEnding('head', head, 0, Date.now());
    await alarms.schedule();
    await endHead(parts, head);
    return null;
  });

/** Every step can be repeated. */
export async function endHead(parts: EndingParts, head: string): Promise<void> {
  const { dataset, store, journal } = parts;
  // head.json goes last: without it all has gone, and one of another dataset is a new head of that name.
  if ((await readHeadDocument(store, head))?.dataset === dataset) {
    await closeChannels(parts, head);
    await deleteHeadObjects(store, head);
  }
  for (const { kind, name, version } of journal.endings())
    if (kind === 'version' && name === head) journal.finishEnding(kind, name, version);
  journal.finishEnding('head', head);
}

/** Notes which numbers the head has used, and takes its channels away. */
async function closeChannels(parts: EndingParts, head: string): Promise<void> {
  const { store, journal, channels } = parts;
  await channels.alone(async () => {
    journal.sawSequence(head, (await readOwnChannels(parts, head))?.sequence ?? 0);
    const used = { version: (await listVersions(store, head)).at(-1) ?? 0, sequence: journal.sequence(head) };
    journal.raiseFloor(head, used);
    const floor = await raiseFloor(store, head, journal.floor(head), new Date().toISOString());
    journal.raiseFloor(head, floor);
    journal.sawSequence(head, floor.sequence);
    await store.delete(channelsKey(head));
  });
}

/** A head may have been deleted, and its name taken by another dataset, since this one was asked. */
async function requireOwnHead({ store, dataset }: EndingParts, head: string): Promise<void> {
  if ((await requireHead(store, head)).dataset !== dataset)
    throw new HeadwaterError('not-found', `There is no head "${head}" of the dataset "${dataset}" any more.`);
}

/** @throws HeadwaterError `not-found`, `conflict` for a version that a channel, a pin or a commit needs */
export const deleteVersion = (parts: EndingParts, head: string, version: number): Promise<null> =>
  parts.starts(async () => {
    const { journal, store, channels, alarms } = parts;
    await requireOwnHead(parts, head);
    requireNotEnding(parts, head);
    if (!journal.ending('version', head, version)) {
      if (!(await store.head(versionKey(head, version))))
        throw new HeadwaterError('not-found', `"${head}" has no version ${version}.`);
      await channels.alone(async () => {
        const current = (await readChannels(store, head, parts.verifier))?.channels ?? null;
        const why = reasonToKeep(parts, current, head, version);
        if (why) throw new HeadwaterError('conflict', `Version ${version} of "${head}" ${why}.`);
        journal.beginEnding('version', head, version, Date.now());
      });
      await alarms.schedule();
    }
    await endVersion(parts, head, version);
    return null;
  });

function reasonToKeep(
  { journal }: EndingParts,
  channels: Channels | null,
  head: string,
  version: number,
): string | null {
  if (channels?.stable === version) return 'is stable. Promote another one first';
  if (channels?.canary === version) return 'is the canary. Take it out of the channel first';
  if (channels?.pin?.version === version) return 'is pinned by a rollback. Promote a version to lift the pin';
  const isPublishing = journal.activeJobs().some((job) => job.head === head && job.version === version);
  if (journal.activeJobs().some(({ share }) => share?.head === head && share.version === version))
    return 'is being made a backbone of. Wait until that is over, or cancel it';
  return isPublishing ? 'is being published. Wait until its training is over' : null;
}

/** Every step can be repeated. */
export async function endVersion(parts: EndingParts, head: string, version: number): Promise<void> {
  const { store, journal, channels } = parts;
  journal.raiseFloor(head, { version, sequence: 0 });
  // A higher number that is still there speaks for itself.
  if (((await listVersions(store, head)).at(-1) ?? 0) <= version)
    await raiseFloor(store, head, { version, sequence: 0 }, new Date().toISOString());
  await channels.move(head, (current, move) => {
    const next = withoutVersion(current, version, move);
    return next && { next };
  });
  const manifest = await readOwnManifest(parts, head, version);
  await store.delete(versionKey(head, version));
  const used = journal.activeJobs().some((job) => job.head === head) ? null : await blobsInUse(parts, head);
  if (manifest && used) {
    const digests = blobsOf(manifest).map(({ digest }) => digest);
    await store.delete(digests.filter((digest) => !used.has(digest)).map((digest) => blobKey(head, digest)));
  }
  journal.finishEnding('version', head, version);
}

/** Takes over what heads of this name have used, here or in another dataset. A head that lives here keeps its own
 *  sequence as the only one: a document without a signature must not make channels that vanished look like none. */
export async function adoptFloor(
  { store, journal }: Pick<Parts, 'store' | 'journal'>,
  head: string,
): Promise<void> {
  const { version, sequence } = await readFloor(store, head);
  const isNew = journal.sequence(head) === journal.floor(head).sequence;
  journal.raiseFloor(head, { version, sequence: isNew ? sequence : 0 });
  if (isNew) journal.sawSequence(head, sequence);
}

/** @throws HeadwaterError `conflict` */
export function requireNotEnding(
  { journal, dataset }: Pick<Parts, 'journal' | 'dataset'>,
  head?: string,
): void {
  if (head !== undefined && journal.ending('head', head))
    throw new HeadwaterError('conflict', `"${head}" is being deleted. Try again in a few seconds.`);
  if (journal.ending('dataset', dataset))
    throw new HeadwaterError(
      'conflict',
      `The dataset "${dataset}" is being deleted. Use it again when GET /v1/datasets/{ds} answers 404.`,
    );
}

/** What cannot be read is gone as well as what is not there: it is to be deleted. */
async function readOwnChannels({ store, verifier }: EndingParts, head: string): Promise<Channels | null> {
  try {
    return (await readChannels(store, head, verifier))?.channels ?? null;
  } catch (error) {
    if (error instanceof HeadwaterError && error.type === 'bad-signature') return null;
    throw error;
  }
}

async function readOwnManifest(parts: EndingParts, head: string, version: number): Promise<Manifest | null> {
  try {
    return await readManifest(parts.store, head, version, parts.verifier);
  } catch (error) {
    if (error instanceof HeadwaterError && error.type === 'bad-signature') return null;
    throw error;
  }
}
