// What the published versions of a dataset's heads point at. Whoever deletes asks here first; a manifest that
// cannot be read may point at anything.

import {
  codeSpaceDigest,
  type Manifest,
  type TapData,
  type TrainResult,
} from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { resultOf } from '../../../lib/jobs/index.ts';
import { headsOf, listVersions, readHeadDocument, readManifest } from '../../../lib/registry/index.ts';
import { several } from '../../../lib/storage/index.ts';
import type { Parts } from './parts.ts';

type Cited = Pick<Manifest, 'snapshot' | 'blob' | 'tail' | 'startBlob' | 'dataset'> & {
  /** In which codes are needed: what it reads, and what it was trained from. */
  spaces: string[];
};

export interface PublishedVersion {
  head: string;
  version: number;
  /** Null if the manifest is damaged or bears no signature that counts. */
  cites: Cited | null;
}

type Bucket = Pick<Parts, 'store' | 'verifier'>;

/** Every version of a head, with what it cites. */
export async function versionsOf({ store, verifier }: Bucket, head: string): Promise<PublishedVersion[]> {
  const taps = (await readHeadDocument(store, head).catch(ignoreDamage))?.taps;
  const rows = await several(await listVersions(store, head), async (version) => {
    try {
      const manifest = await readManifest(store, head, version, verifier);
      if (!manifest) return null;
      const { snapshot, blob, tail, startBlob, dataset } = manifest;
      const spaces = await spacesOf(manifest, taps);
      return { head, version, cites: { snapshot, blob, tail, startBlob, dataset, spaces } };
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.type === 'storage-unavailable') throw error;
      return { head, version, cites: null };
    }
  });
  return rows.filter((row) => row !== null);
}

/** A head of another tap, or with a tail, was trained from codes of its backbone at the head's own taps. */
async function spacesOf(
  { codeSpace, codeSpaceDocument }: Manifest,
  taps: TapData[] | undefined,
): Promise<string[]> {
  return taps ? [codeSpace, await codeSpaceDigest({ ...codeSpaceDocument, taps })] : [codeSpace];
}

function ignoreDamage(error: unknown): null {
  if (!(error instanceof HeadwaterError) || error.type === 'storage-unavailable') throw error;
  return null;
}

/** What lies among a head's blobs because of one result. */
export const blobsOf = ({ blob, tail }: Pick<TrainResult, 'blob' | 'tail'>): TrainResult['blob'][] =>
  tail ? [blob, tail.program, tail.graph] : [blob];

/** Every version of every head of a dataset; of heads whose document is damaged, those that may be of it. */
export async function versionsOfDataset(
  parts: Bucket & Pick<Parts, 'dataset'>,
): Promise<{ heads: string[]; versions: PublishedVersion[] }> {
  const { heads, unreadable } = await headsOf(parts.store, parts.dataset);
  const names = heads.map(({ head }) => head);
  const versions: PublishedVersion[] = [];
  for (const head of names) versions.push(...(await versionsOf(parts, head)));
  for (const head of unreadable)
    for (const published of await versionsOf(parts, head))
      if (published.cites?.dataset === parts.dataset || !published.cites) versions.push(published);
  return { heads: names, versions };
}

/** Digests of the blobs that a head's versions and trainings need, or null if that cannot be told. */
export async function blobsInUse(
  parts: Bucket & Pick<Parts, 'journal'>,
  head: string,
): Promise<Set<string> | null> {
  const used = new Set<string>();
  for (const job of parts.journal.activeJobs()) {
    if (job.head !== head) continue;
    if (job.start) used.add(job.start.blob);
    if (job.result) for (const { digest } of blobsOf(resultOf(job))) used.add(digest);
  }
  for (const { cites } of await versionsOf(parts, head)) {
    if (!cites) return null;
    for (const { digest } of blobsOf(cites)) used.add(digest);
    if (cites.startBlob) used.add(cites.startBlob);
  }
  return used;
}
