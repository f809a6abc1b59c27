// Erasing a person: every image, code and row of one subject, and the names of the versions that had seen them.
// Privacy goes before reproducibility: codes leave old segments too that are kept only because a snapshot cites
// them, and a version that was trained on those cannot be trained again.

import { type ErasedData, exampleKey, examplesPrefix, parseExampleKey } from '../../../lib/contract/index.ts';
import { exampleMetadata, readSnapshot } from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { listAll } from '../../../lib/storage/index.ts';
import { versionsOfDataset } from './cited.ts';
import { requireNotEnding } from './ending-heads.ts';
import { erasedAtFact } from './journal.ts';
import type { Parts } from './parts.ts';
import { retryUpkeepMs } from './upkeep.ts';

/**
 * A subject that nobody knows has nothing to erase, and is no error, so that the call can be repeated. The versions
 * are found first: once the rows are gone, nothing says any more whom a snapshot shows.
 *
 * @throws HeadwaterError `not-found` for a dataset that is none
 */
export async function eraseSubject(parts: Parts, subject: string): Promise<ErasedData> {
  const { dataset, index, codes, runner, alarms } = parts;
  if (!parts.policy) throw new HeadwaterError('not-found', `There is no dataset "${dataset}".`);
  requireNotEnding(parts);
  const digests = new Set(index.ofSubject(subject).map(({ digest }) => digest));
  const versions = digests.size > 0 ? await versionsThatSaw(parts, digests) : [];
  const unknown = await unknownImages(parts, subject);
  parts.transaction(() => {
    parts.journal.setFact(erasedAtFact, String(Date.now()));
    for (const key of unknown) index.doom(key);
    for (const { digest, label, extension } of index.ofSubject(subject)) {
      index.doom(exampleKey(dataset, label, digest, extension));
      index.remove(digest);
    }
  });
  const trainings = digests.size > 0 ? await trainingsThatSee(parts, digests) : [];
  await alarms.wakeAt(Date.now() + retryUpkeepMs);
  // The rows are gone and the rest stands in the journal: what storage refuses now, the alarm does.
  try {
    await codes.sweep();
    if (!runner.busy()) await codes.erase();
    await codes.sweep();
  } catch (error) {
    console.warn(`dataset ${dataset}: what was erased leaves the bucket a little later:`, String(error));
  }
  const codesPending = index.erasures().length > 0 || index.doomed().length > 0;
  return { erased: digests.size + unknown.length, versions, trainings, codesPending };
}

/** Images of the subject that lie in the bucket and have no row: of uploads that broke off before they were
 *  acknowledged. One listing for a thousand images. */
async function unknownImages({ dataset, store, index }: Parts, subject: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, metadata } of listAll(store, examplesPrefix(dataset), { metadata: true })) {
    const parsed = parseExampleKey(key);
    if (!parsed || metadata?.[exampleMetadata.subject] !== subject || index.isDoomed(key)) continue;
    const row = index.find(parsed.digest);
    if (row?.label !== parsed.label || row.extension !== parsed.extension) keys.push(key);
  }
  return keys;
}

/** Published versions whose snapshot holds one of the images. */
async function versionsThatSaw(parts: Parts, digests: Set<string>): Promise<ErasedData['versions']> {
  const saw: ErasedData['versions'] = [];
  const { versions } = await versionsOfDataset(parts);
  const judged = new Map<string, boolean | null>();
  for (const { head, version, cites } of versions) {
    if (cites && !judged.has(cites.snapshot))
      judged.set(cites.snapshot, await holds(parts, cites.snapshot, digests));
    const held = cites ? judged.get(cites.snapshot) : null;
    if (held !== false) saw.push({ head, version, certain: held === true });
  }
  return saw;
}

/** Trainings under way that were given one of the images, or may have been. */
async function trainingsThatSee(parts: Parts, digests: Set<string>): Promise<string[]> {
  const seeing: string[] = [];
  for (const { id, status, snapshot } of parts.journal.activeJobs())
    if (
      status === 'running' &&
      (!snapshot || (await holds(parts, snapshot, digests).catch(() => null)) !== false)
    )
      seeing.push(id);
  return seeing;
}

/** Whether a snapshot holds one of the images; null if it cannot be read. */
async function holds(
  { store, dataset }: Pick<Parts, 'store' | 'dataset'>,
  snapshot: string,
  digests: Set<string>,
): Promise<boolean | null> {
  try {
    const { examples } = await readSnapshot(store, dataset, snapshot);
    return examples.some(({ digest }) => digests.has(digest));
  } catch (error) {
    if (!(error instanceof HeadwaterError) || error.type === 'storage-unavailable') throw error;
    return null;
  }
}
