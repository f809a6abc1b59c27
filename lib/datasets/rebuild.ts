// Rebuilding the index from the bucket alone. Where one image stands under two labels, the newer upload wins,
// as it did when it was uploaded.

import {
  codesPrefix,
  type ExampleRow,
  exampleKey,
  examplesPrefix,
  parseExampleKey,
  parseSegmentKey,
  parseSnapshotKey,
  type SplitName,
  snapshotsPrefix,
} from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { listAll, type ObjectStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import type { ExampleIndex } from './example-index.ts';
import { readSnapshot } from './read-snapshot.ts';
import { readSegment } from './segments.ts';

/** Names of the custom metadata that an example's object carries: what the index cannot read off its key. */
export const exampleMetadata = {
  group: 'headwater-group',
  subject: 'headwater-subject',
  /** When the edge took it in, in milliseconds since 1970. */
  uploaded: 'headwater-uploaded',
} as const;

/** Every example that lies in the bucket, once, and the keys under which some of them lie another time, with a
 *  label that they lost. Needs a store whose listing has metadata. */
async function listExamples(
  store: ObjectStore,
  dataset: string,
  split: (example: { digest: string; group: string | null }) => Promise<SplitName>,
): Promise<{ examples: ExampleRow[]; leftOver: string[] }> {
  const found = new Map<string, ExampleRow>();
  const leftOver: string[] = [];
  for await (const object of listAll(store, examplesPrefix(dataset), { metadata: true })) {
    const parsed = parseExampleKey(object.key);
    if (!parsed) continue;
    const uploaded = Number(object.metadata?.[exampleMetadata.uploaded]) || object.uploaded.getTime();
    const other = found.get(parsed.digest);
    if (other && other.uploaded > uploaded) {
      leftOver.push(object.key);
      continue;
    }
    if (other) leftOver.push(exampleKey(dataset, other.label, other.digest, other.extension));
    const group = object.metadata?.[exampleMetadata.group] ?? null;
    found.set(parsed.digest, {
      digest: parsed.digest,
      label: parsed.label,
      extension: parsed.extension,
      bytes: object.size,
      group,
      subject: object.metadata?.[exampleMetadata.subject] ?? null,
      split: await split({ digest: parsed.digest, group }),
      uploaded,
    });
  }
  return { examples: [...found.values()], leftOver };
}

/** Fills an empty or stale index from the bucket. Segments that can't be read are left out: their codes will
 *  be made anew from the images. */
export async function rebuildIndex(
  store: ObjectStore,
  dataset: string,
  index: ExampleIndex,
  split: (example: { digest: string; group: string | null }) => Promise<SplitName>,
): Promise<{ examples: number; codes: number }> {
  const { examples, leftOver } = await listExamples(store, dataset, split);
  const segments: { codeSpace: string; ulid: string; sha256: string; digests: string[]; dims: number }[] = [];
  for await (const object of listAll(store, codesPrefix(dataset))) {
    const parsed = parseSegmentKey(object.key);
    const body = parsed && (await store.get(object.key))?.body;
    if (!parsed || !body) continue;
    try {
      const { codeSpace, ulid } = parsed;
      const { digests, dims } = readSegment(body, codeSpace);
      segments.push({ codeSpace, ulid, sha256: await sha256(body), digests, dims });
    } catch (error) {
      if (!(error instanceof HeadwaterError)) throw error;
    }
  }
  const citations = await listCitations(store, dataset);
  index.clear();
  for (const example of examples) index.put(example);
  // Of an upload that broke off, or a move: erasing the example would leave it, and a later rebuild bring it back.
  for (const key of leftOver) index.doom(key);
  for (const { codeSpace, ulid, sha256: digest, digests, dims } of segments)
    index.addSegment(codeSpace, ulid, digest, digests, dims);
  for (const { snapshot, codeSpace, ulids } of citations) index.cite(snapshot, codeSpace, ulids);
  return { examples: examples.length, codes: index.allPlaces().length };
}

/** What the snapshots of a dataset cite. One that cannot be read cites nothing: no version can be trained from it. */
export async function listCitations(
  store: ObjectStore,
  dataset: string,
): Promise<{ snapshot: string; codeSpace: string; ulids: string[] }[]> {
  const citations: { snapshot: string; codeSpace: string; ulids: string[] }[] = [];
  for await (const { key } of listAll(store, snapshotsPrefix(dataset))) {
    const digest = parseSnapshotKey(key)?.digest;
    if (!digest) continue;
    try {
      const { codeSpace, segments } = await readSnapshot(store, dataset, digest);
      citations.push({ snapshot: digest, codeSpace, ulids: segments.map(({ ulid }) => ulid) });
    } catch (error) {
      if (!(error instanceof HeadwaterError) || error.type === 'storage-unavailable') throw error;
    }
  }
  return citations;
}
