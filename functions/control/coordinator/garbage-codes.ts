// The part of garbage collection that is about codes: snapshots, the segments that only they have kept, and the
// codes of whole spaces.

import {
  codesPrefix,
  parseLeaf,
  parseSegmentKey,
  snapshotKey,
  snapshotsPrefix,
} from '../../../lib/contract/index.ts';
import { listAll } from '../../../lib/storage/index.ts';
import type { Collection } from './garbage-bin.ts';

/** Snapshots that no version and no training needs, and then segments that nothing reads and nothing else cites. */
export async function collectCodes(collection: Collection): Promise<void> {
  const { parts, bin, versions, inTraining } = collection;
  const { dataset, store, index, journal, codes } = parts;
  if (versions.some(({ cites }) => !cites))
    bin.skip('snapshots', 'A version cannot be read, and may need any of them.');
  const needed = new Set([...inTraining, ...versions.flatMap(({ cites }) => cites?.snapshot ?? [])]);
  const mayCollect = versions.every(({ cites }) => cites);
  // Nothing is frozen, written or merged meanwhile.
  await codes.alone(async () => {
    const gone = new Set<string>();
    if (mayCollect) {
      for (const { snapshot } of journal.activeJobs()) if (snapshot) needed.add(snapshot);
      const prefix = snapshotsPrefix(dataset);
      const digestOf = (key: string) => parseLeaf(key, prefix, '.json');
      const garbage = await bin.old(store, prefix, (key) => {
        const digest = digestOf(key);
        return digest !== undefined && !needed.has(digest);
      });
      await store.delete(bin.take('snapshots', garbage));
      for (const { key } of garbage) gone.add(digestOf(key)!);
      // A crash may have come between a snapshot and its citations.
      for (const digest of index.citingSnapshots())
        if (!needed.has(digest) && !(await store.head(snapshotKey(dataset, digest)))) gone.add(digest);
    }
    await collectSegments(collection, gone);
    if (!bin.found.dryRun) for (const digest of gone) index.uncite(digest);
  });
}

/** @param gone snapshots whose citations count no more */
async function collectSegments({ parts, bin }: Collection, gone: Set<string>): Promise<void> {
  const { index, dataset, store } = parts;
  const known = new Set<string>();
  const stale = new Set<string>();
  for (const { space } of index.segmentCounts()) {
    for (const { ulid } of index.segments(space)) known.add(`${space} ${ulid}`);
    for (const ulid of index.staleSegments(space)) stale.add(`${space} ${ulid}`);
  }
  const garbage = await bin.old(store, codesPrefix(dataset), (key) => {
    const parsed = parseSegmentKey(key);
    if (!parsed || index.isDoomed(key)) return false;
    const name = `${parsed.codeSpace} ${parsed.ulid}`;
    const isRead = known.has(name) && !stale.has(name);
    return !isRead && index.citersOf(parsed.ulid).every((digest) => gone.has(digest));
  });
  letGo(parts, bin.take('segments', garbage));
}

/** Codes of spaces that no head and no upload needs; made anew from the images if somebody wants them again. */
export const collectSpaces = ({ parts, bin, versions, keepSpaces }: Collection): Promise<void> =>
  parts.starts(() =>
    parts.codes.alone(async () => {
      const { index, journal, dataset, store } = parts;
      if (journal.activeJobs().length > 0) return bin.skip('spaces', 'A training is under way.');
      if (versions.some(({ cites }) => !cites))
        return bin.skip('spaces', 'A version cannot be read, and may need any of them.');
      const needed = new Set([...keepSpaces, ...versions.flatMap(({ cites }) => cites?.spaces ?? [])]);
      for (const { space } of index.segmentCounts()) {
        if (needed.has(space)) continue;
        const objects = [];
        for await (const object of listAll(store, codesPrefix(dataset, space))) objects.push(object);
        const isLeft = objects.every(
          (object) => bin.isOld(object) && !index.isCited(parseSegmentKey(object.key)?.ulid ?? ''),
        );
        const left = objects.filter(({ key }) => parseSegmentKey(key) && !bin.isTaken(key));
        if (isLeft) letGo(parts, bin.take('spaces', left));
        else
          bin.skip('spaces', `Codes of ${space.slice(0, 12)}… are cited or younger than the grace period.`);
      }
    }),
  );

/** Rows first, in the step that dooms the object: nothing points at what is about to go. */
function letGo(
  { index, transaction }: Pick<Collection['parts'], 'index' | 'transaction'>,
  keys: string[],
): void {
  transaction(() => {
    for (const key of keys) {
      const { codeSpace, ulid } = parseSegmentKey(key)!;
      index.removeSegment(codeSpace, ulid);
      index.doom(key);
    }
  });
}
