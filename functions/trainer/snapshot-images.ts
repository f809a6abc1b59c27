// The images of a snapshot. One that has been erased since is left out, for it must not be learned from; one that has
// moved to another label is found where it lies now, and keeps the label that the snapshot has.

import { examplesPrefix, parseExampleKey } from '../../lib/contract/index.ts';
import type { TrainingSet } from '../../lib/datasets/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { listAll, type ObjectStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';

export interface SetWithImages {
  /** Without the examples whose image is gone. */
  set: TrainingSet;
  leftOut: number;
  /** Bytes of example i of `set`. @throws HeadwaterError `not-found` if it was erased meanwhile, `digest-mismatch` */
  image(i: number): Promise<Uint8Array>;
}

/** Lists the dataset's images once. @throws HeadwaterError `too-few-examples` if fewer than two labels are left */
export async function withImages(
  store: ObjectStore,
  dataset: string,
  whole: TrainingSet,
): Promise<SetWithImages> {
  const { isThere, read } = await imagesOf(store, dataset);
  const rows = whole.digests.flatMap((digest, row) => (isThere(digest) ? [row] : []));
  const set = rows.length === whole.digests.length ? whole : rowsOf(whole, rows);
  if (set.labelNames.length < 2)
    throw new HeadwaterError(
      'too-few-examples',
      `Images of "${dataset}" were erased since the training was asked for, and fewer than two labels are left. Upload others, and train again.`,
    );
  return { set, leftOut: whole.digests.length - rows.length, image: (i) => read(set.digests[i]!) };
}

export interface Images {
  isThere(digest: string): boolean;
  /** @throws HeadwaterError `not-found` if it was erased meanwhile, `digest-mismatch` */
  read(digest: string): Promise<Uint8Array>;
}

/** Lists the dataset's images once. */
export async function imagesOf(store: ObjectStore, dataset: string): Promise<Images> {
  const keys = await imageKeys(store, dataset);
  return { isThere: (digest) => keys.has(digest), read };

  async function read(digest: string): Promise<Uint8Array> {
    const object = await store.get(keys.get(digest)!);
    if (!object)
      throw new HeadwaterError(
        'not-found',
        'An image was erased, or got another label, while it was trained on. Train again.',
        { digest },
      );
    if ((await sha256(object.body)) !== digest)
      throw new HeadwaterError(
        'digest-mismatch',
        'An image in storage is not what its digest says. Upload it again, and train again.',
        { digest },
      );
    return object.body;
  }
}

/** Where each image of a dataset lies, by digest. */
async function imageKeys(store: ObjectStore, dataset: string): Promise<Map<string, string>> {
  const keys = new Map<string, string>();
  for await (const { key } of listAll(store, examplesPrefix(dataset))) {
    const parsed = parseExampleKey(key);
    if (parsed) keys.set(parsed.digest, key);
  }
  return keys;
}

/** Some examples of a set; labels that none of them has are gone. */
function rowsOf(set: TrainingSet, rows: number[]): TrainingSet {
  const { dims } = set;
  const names = rows.map((row) => set.labelNames[set.labels[row]!]!);
  const labelNames = [...new Set(names)].sort();
  const codes = new Float32Array(rows.length * dims);
  for (const [i, row] of rows.entries())
    codes.set(set.codes.subarray(row * dims, (row + 1) * dims), i * dims);
  return {
    codes,
    dims,
    labels: Int32Array.from(names, (name) => labelNames.indexOf(name)),
    labelNames,
    groups: rows.map((row) => set.groups[row]!),
    split: rows.map((row) => set.split[row]!),
    digests: rows.map((row) => set.digests[row]!),
  };
}
