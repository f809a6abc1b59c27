// Deleting a dataset. Its rows go in the transaction that notes the deletion, so from then on it has no examples and
// takes none; the objects follow in slices, an alarm each; datasets/<ds>.json goes last. As long as that is
// there, whoever repeats the call after a crash, even one that took this object's memory, finds a dataset to delete
// and not images that nobody knows of.
//
// An upload may have been on its way when the deletion began: its image can arrive after the prefix was emptied. So
// a look is taken once more, a minute later.

import {
  advicePrefix,
  codesPrefix,
  type DatasetEnd,
  datasetKey,
  examplesPrefix,
  jobsPrefix,
  snapshotsPrefix,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { headsOf } from '../../../lib/registry/index.ts';
import { maxListLimit } from '../../../lib/storage/index.ts';
import { endHead, endVersion } from './ending-heads.ts';
import type { Parts } from './parts.ts';

/** Objects that one slice deletes: a few seconds' work. */
export const sliceObjects = 5000;
/** When the look for late uploads is taken: a photo that is not there by then was given up by the edge long ago. */
export const lastLookMs = 60_000;

/** @throws HeadwaterError `not-found`, `conflict` while heads are bound to it */
export async function deleteDataset(parts: Parts): Promise<DatasetEnd> {
  await parts.starts(() => parts.mutations(() => beginDeletion(parts)));
  await parts.alarms.schedule();
  const end = await endSlice(parts);
  await parts.alarms.schedule();
  return end;
}

async function beginDeletion(parts: Parts): Promise<void> {
  const { dataset, store, journal, index, codes, runner } = parts;
  if (journal.ending('dataset', dataset)) return;
  if (!parts.policy) throw new HeadwaterError('not-found', `There is no dataset "${dataset}".`);
  const bound = (await headsOf(store, dataset)).heads.map(({ head }) => head);
  if (bound.length > 0)
    throw new HeadwaterError(
      'conflict',
      `${bound.length === 1 ? `The head "${bound[0]}" is` : `${bound.length} heads are`} bound to the dataset "${dataset}". Delete what learns from it first: DELETE /v1/heads/{head}.`,
      { heads: bound },
    );
  // No segment may be registered between this and its rows.
  await codes.alone(async () => {
    // No head is left to train, but a reindexing may be under way: the trainer is told that nobody waits for it.
    for (const { id } of journal.activeJobs().reverse()) runner.handle({ type: 'cancel', id });
    parts.transaction(() => {
      journal.beginEnding('dataset', dataset, 0, Date.now());
      index.clear();
      // Or a record that is still to be written would come after everything else has gone.
      journal.forgetDataset({ facts: false });
    });
  });
}

/** Deletes some of it; all of it if it is small. */
export const endSlice = (parts: Parts): Promise<DatasetEnd> =>
  parts.starts(async () => {
    const { dataset, store, journal, index } = parts;
    const deleted = () => journal.ending('dataset', dataset)?.deleted ?? 0;
    if (!journal.ending('dataset', dataset)) return { done: true, deleted: 0 };
    const isEmpty = await deleteObjects(parts, sliceObjects, (objects) =>
      journal.countDeleted('dataset', dataset, objects),
    );
    if (!isEmpty) return { done: false, deleted: deleted() };
    await store.delete(datasetKey(dataset));
    const all = deleted();
    parts.transaction(() => {
      index.clear();
      for (const key of index.doomed()) index.spare(key);
      journal.forgetDataset({ facts: false });
      journal.finishEnding('dataset', dataset);
      journal.finishEnding('remains', dataset);
      journal.beginEnding('remains', dataset, 0, Date.now());
    });
    parts.policy = null;
    return { done: true, deleted: all };
  });

/** Deletes at most `limit` objects of a dataset. True if there are no more. */
async function deleteObjects(
  { dataset, store }: Parts,
  limit: number,
  count: (objects: number) => void,
): Promise<boolean> {
  let rest = limit;
  for (const prefix of [
    examplesPrefix(dataset),
    codesPrefix(dataset),
    snapshotsPrefix(dataset),
    jobsPrefix(dataset),
    advicePrefix(dataset),
  ])
    for (;;) {
      const { objects } = await store.list({ prefix, limit: Math.min(maxListLimit, Math.max(rest, 1)) });
      if (objects.length === 0) break;
      if (rest <= 0) return false;
      await store.delete(objects.map(({ key }) => key));
      count(objects.length);
      rest -= objects.length;
    }
  return true;
}

/** The last look. A dataset that has been made anew meanwhile has uploads of its own. */
async function lastLook(parts: Parts): Promise<void> {
  const { dataset, journal } = parts;
  await parts.starts(() =>
    parts.mutations(async () => {
      if (!journal.ending('remains', dataset)) return;
      if (!parts.policy) await deleteObjects(parts, Number.POSITIVE_INFINITY, () => {});
      parts.transaction(() => {
        if (!parts.policy) journal.forgetDataset({ facts: true });
        journal.finishEnding('remains', dataset);
      });
    }),
  );
}

/** Takes up every deletion that has not come to its end. Answers what failed. */
export async function carryOnEndings(parts: Parts, now: number): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const { kind, name, version, since } of parts.journal.endings())
    try {
      if (kind === 'head' || kind === 'version')
        await parts.starts(async () => {
          // It may have come to its end while this waited, and another head may have the name by now.
          if (!parts.journal.ending(kind, name, version)) return;
          await (kind === 'head' ? endHead(parts, name) : endVersion(parts, name, version));
        });
      else if (kind === 'dataset') await endSlice(parts);
      else if (now >= since + lastLookMs) await lastLook(parts);
    } catch (error) {
      failures.push(error);
    }
  return failures;
}

/** When deletions have to be taken up, or null. */
export function endingsWakeAt({ journal }: Pick<Parts, 'journal'>, now: number): number | null {
  const times = journal.endings().map(({ kind, since }) => (kind === 'remains' ? since + lastLookMs : now));
  return times.length > 0 ? Math.min(...times) : null;
}
