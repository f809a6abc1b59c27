// Freezing a dataset: index → snapshot. Pure, but for the hash; the same index gives the same snapshot.

import { canonicalJson, type ExampleRow, type Snapshot, SnapshotSchema } from '../contract/index.ts';
import { sha256 } from '../tensors/index.ts';
import type { SegmentPlace } from './example-index.ts';

/**
 * The training set at this moment, in one code space. Examples without a code are left out; whoever calls has
 * filled them in, or knows that their images cannot be read.
 */
export function buildSnapshot(
  dataset: string,
  codeSpace: string,
  examples: ExampleRow[],
  places: Map<string, SegmentPlace>,
  segments: { ulid: string; sha256: string }[],
): Snapshot {
  const used = new Set(examples.map(({ digest }) => places.get(digest)?.ulid));
  const cited = segments.filter(({ ulid }) => used.has(ulid)).sort((a, b) => (a.ulid < b.ulid ? -1 : 1));
  const position = new Map(cited.map(({ ulid }, i) => [ulid, i]));
  const rows = examples.flatMap(({ digest, label, extension, group, split }) => {
    const place = places.get(digest);
    const segment = place && position.get(place.ulid);
    if (segment === undefined) return [];
    return [{ digest, label, extension, group, split, segment, row: place!.row }];
  });
  rows.sort((a, b) => (a.digest < b.digest ? -1 : 1));
  return SnapshotSchema.parse({ format: 1, dataset, codeSpace, examples: rows, segments: cited });
}

/** A snapshot's stored bytes and the digest that names them. */
export async function encodeSnapshot(snapshot: Snapshot): Promise<{ bytes: Uint8Array; digest: string }> {
  const bytes = new TextEncoder().encode(canonicalJson(snapshot));
  return { bytes, digest: await sha256(bytes) };
}
