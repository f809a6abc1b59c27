// Keeps the codes of a dataset: pending ones go to the bucket in batches, erased ones leave their segments,
// and objects that no row points at any more are deleted. All of it can stop at any point and be taken up
// again: an object is written before the rows that name it, and deleted after.

import { ulid } from 'ulid';
import { segmentKey } from '../../../lib/contract/index.ts';
import { type ExampleIndex, readSegment, type Segment, writeSegment } from '../../../lib/datasets/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { sha256 } from '../../../lib/tensors/index.ts';
import { serially } from './serially.ts';

/** Codes in one segment, at most: 512 × 1,344 float16 numbers are 1.4 MB. */
export const segmentRows = 512;

export type CodeKeeper = ReturnType<typeof createCodeKeeper>;

export function createCodeKeeper(store: ObjectStore, index: ExampleIndex, dataset: string) {
  const oneAtATime = serially();

  /** Writes pending codes of `space` (of every space, without one) to segments, until none is left. */
  const flush = (space?: string) =>
    oneAtATime(async () => {
      for (const pending of index.pendingSpaces())
        if (space === undefined || pending.space === space) while (await flushBatch(pending.space));
    });

  async function flushBatch(space: string): Promise<boolean> {
    const batch = index.pendingCodes(space, segmentRows);
    const dims = batch[0]?.dims;
    if (!dims) return false;
    const codes = new Uint16Array(batch.length * dims);
    for (const [row, { code }] of batch.entries())
      codes.set(new Uint16Array(code.buffer, code.byteOffset, dims), row * dims);
    await addSegment({ codeSpace: space, dims, digests: batch.map(({ digest }) => digest), codes });
    return true;
  }

  async function addSegment(segment: Segment): Promise<void> {
    const bytes = writeSegment(segment);
    const name = ulid();
    await store.put(segmentKey(dataset, segment.codeSpace, name), bytes);
    index.addSegment(segment.codeSpace, name, await sha256(bytes), segment.digests);
  }

  /** Rewrites segments that hold codes of erased images. Not while a training may be reading them. */
  const erase = () =>
    oneAtATime(async () => {
      for (const { space, ulid: old } of index.erasures()) {
        const key = segmentKey(dataset, space, old);
        const object = await store.get(key);
        const kept = object && survivors(readSegment(object.body, space));
        index.removeSegment(space, old);
        if (kept && kept.digests.length > 0) await addSegment(kept);
        index.doom(key);
      }
    });

  function survivors(segment: Segment): Segment {
    const rows = segment.digests.flatMap((digest, row) => (index.find(digest) ? [row] : []));
    const codes = new Uint16Array(rows.length * segment.dims);
    for (const [i, row] of rows.entries())
      codes.set(segment.codes.subarray(row * segment.dims, (row + 1) * segment.dims), i * segment.dims);
    return { ...segment, digests: rows.map((row) => segment.digests[row]!), codes };
  }

  /** Deletes what is doomed. */
  const sweep = () =>
    oneAtATime(async () => {
      for (const key of index.doomed()) {
        await store.delete(key);
        index.spare(key);
      }
    });

  /**
   * Called when an object has been uploaded again under a key that may have been doomed. False if a deletion
   * came in between and the object is gone.
   */
  const reprieve = (key: string) =>
    index.isDoomed(key)
      ? oneAtATime(async () => {
          index.spare(key);
          return (await store.head(key)) !== null;
        })
      : Promise.resolve(true);

  return { flush, erase, sweep, reprieve };
}
