// Snapshot → the arrays that a trainer works on. Reads segments, never an image.

import { type Snapshot, SnapshotSchema, type SplitName, segmentKey, snapshotKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { fromJson, placeFloat16, sha256 } from '../tensors/index.ts';
import { readSegment } from './segments.ts';

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

/** Segments that are read at once: of the order of 5 MB each, and a Worker has six connections. */
const readAtOnce = 4;

/**
 * Reads a snapshot and its codes. Each segment goes straight into its place, so that at the peak there are the codes
 * and `readAtOnce` segments.
 *
 * @throws HeadwaterError `digest-mismatch` if anything read is not what the digests say.
 */
export async function readTrainingSet(
  store: ObjectStore,
  dataset: string,
  digest: string,
): Promise<TrainingSet> {
  const snapshot = await readSnapshot(store, dataset, digest);
  const { examples } = snapshot;
  const labelNames = [...new Set(examples.map(({ label }) => label))].sort();
  const position = new Map(labelNames.map((label, i) => [label, i]));
  const { codes, dims } = await readCodes(store, snapshot);
  return {
    codes,
    dims,
    labels: Int32Array.from(examples, ({ label }) => position.get(label)!),
    labelNames,
    groups: examples.map(({ group }) => group),
    split: examples.map(({ split }) => split),
    digests: examples.map(({ digest }) => digest),
  };
}

/** The codes of a snapshot's examples, in their order: [n, dims]. */
async function readCodes(
  store: ObjectStore,
  { dataset, codeSpace, examples, segments }: Snapshot,
): Promise<{ codes: Float32Array; dims: number }> {
  const rowsOf: number[][] = segments.map(() => []);
  for (const [i, { segment }] of examples.entries()) {
    if (!rowsOf[segment]) throw strangers();
    rowsOf[segment].push(i);
  }
  let codes: Float32Array | undefined;
  let dims = 0;
  async function place(position: number): Promise<void> {
    const { ulid, sha256: expected } = segments[position]!;
    const bytes = await readVerified(store, segmentKey(dataset, codeSpace, ulid), expected);
    const segment = readSegment(bytes, codeSpace);
    if (!codes) {
      dims = segment.dims;
      codes = new Float32Array(examples.length * dims);
    }
    if (segment.dims !== dims) throw strangers();
    for (const i of rowsOf[position]!) {
      const { row, digest } = examples[i]!;
      if (segment.digests[row] !== digest) throw strangers();
      placeFloat16(segment.codes.subarray(row * dims, (row + 1) * dims), codes, i * dims);
    }
  }
  let next = 0;
  const reader = async () => {
    while (next < segments.length) await place(next++);
  };
  await Promise.all(Array.from({ length: readAtOnce }, reader));
  return { codes: codes ?? new Float32Array(0), dims };
}

const strangers = () =>
  new HeadwaterError('invalid-file', 'A snapshot and its code segments do not belong together.');

/** @throws HeadwaterError `not-found`, `digest-mismatch`, or `invalid-file` if it is no snapshot. */
export async function readSnapshot(store: ObjectStore, dataset: string, digest: string): Promise<Snapshot> {
  const key = snapshotKey(dataset, digest);
  const bytes = await readVerified(store, key, digest);
  try {
    return SnapshotSchema.parse(fromJson(bytes));
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
