// Freezing a dataset: index → snapshot. Pure, but for the hash; the same index gives the same snapshot.

import { type ExampleRow, type Snapshot, SnapshotSchema } from '../contract/index.ts';
import { sha256, toJson } from '../tensors/index.ts';
import type { SegmentPlace } from './segment-index.ts';

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

/** A snapshot's stored bytes, canonical JSON, and the digest that names them. */
export async function encodeSnapshot(snapshot: Snapshot): Promise<{ bytes: Uint8Array; digest: string }> {
  const bytes = toJson(inOrder(snapshot));
  return { bytes, digest: await sha256(bytes) };
}

/** The same with the keys in the order of RFC 8785, which is then what JSON.stringify writes: sorting the keys of
 *  10,000 examples one by one takes ten times as long. */
function inOrder({ codeSpace, dataset, examples, format, segments }: Snapshot): Snapshot {
  return {
    codeSpace,
    dataset,
    examples: examples.map(({ digest, extension, group, label, row, segment, split }) => ({
      digest,
      extension,
      group,
      label,
      row,
      segment,
      split,
    })),
    format,
    segments: segments.map(({ sha256, ulid }) => ({ sha256, ulid })),
  };
}
