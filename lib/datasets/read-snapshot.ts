// Snapshot → the arrays that a trainer works on. Reads segments, never an image.

import { type Snapshot, SnapshotSchema, type SplitName, segmentKey, snapshotKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import { readSegment, segmentRow } from './segments.ts';

/** Codes [n, dims] with labels as indexes into `labelNames` (sorted), in the snapshot's order. */
export interface TrainingSet {
  codes: Float32Array;
  dims: number;
  labels: Int32Array;
  labelNames: string[];
  groups: (string | null)[];
  split: SplitName[];
  digests: string[];
}

/** @throws HeadwaterError `digest-mismatch` if anything read is not what the digests say. */
export async function readTrainingSet(
  store: ObjectStore,
  dataset: string,
  digest: string,
): Promise<TrainingSet> {
  const snapshot = await readSnapshot(store, dataset, digest);
  const segments = [];
  for (const { ulid, sha256: expected } of snapshot.segments) {
    const bytes = await readVerified(store, segmentKey(dataset, snapshot.codeSpace, ulid), expected);
    segments.push(readSegment(bytes, snapshot.codeSpace));
  }
  const dims = segments[0]?.dims ?? 0;
  const n = snapshot.examples.length;
  const labelNames = [...new Set(snapshot.examples.map(({ label }) => label))].sort();
  const codes = new Float32Array(n * dims);
  const labels = new Int32Array(n);
  for (const [i, example] of snapshot.examples.entries()) {
    const segment = segments[example.segment];
    if (segment?.dims !== dims || segment.digests[example.row] !== example.digest)
      throw new HeadwaterError('invalid-file', 'A snapshot and its code segments do not belong together.');
    codes.set(segmentRow(segment, example.row), i * dims);
    labels[i] = labelNames.indexOf(example.label);
  }
  const column = <K extends 'group' | 'split' | 'digest'>(key: K) => snapshot.examples.map((e) => e[key]);
  return {
    codes,
    dims,
    labels,
    labelNames,
    groups: column('group'),
    split: column('split'),
    digests: column('digest'),
  };
}

/** @throws HeadwaterError `not-found`, `digest-mismatch`, or `invalid-file` if it is no snapshot. */
export async function readSnapshot(store: ObjectStore, dataset: string, digest: string): Promise<Snapshot> {
  const key = snapshotKey(dataset, digest);
  const bytes = await readVerified(store, key, digest);
  try {
    return SnapshotSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new HeadwaterError('invalid-file', `The object ${key} is not a snapshot.`, {}, { cause });
  }
}

async function readVerified(store: ObjectStore, key: string, digest: string): Promise<Uint8Array> {
  const object = await store.get(key);
  if (!object) throw new HeadwaterError('not-found', `The object ${key} is missing from storage.`);
  if ((await sha256(object.body)) !== digest)
    throw new HeadwaterError('digest-mismatch', `The object ${key} is not what its digest says.`);
  return object.body;
}
