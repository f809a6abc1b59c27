// Keeps the codes of a dataset: pending ones go to the bucket in batches, erased ones leave their segments,
// and objects that no row points at any more are deleted. All of it can stop at any point and be taken up
// again: an object is written before the rows that name it, and deleted after. While it is being written its key
// is doomed, so that a crash leaves nothing that the sweep doesn't find.

import { decodeTime, ulid } from 'ulid';
import { segmentKey } from '../../../lib/contract/index.ts';
import {
  compactedBytes,
  type ExampleIndex,
  mergeSegments,
  planCompaction,
  readSegment,
  type Segment,
  writeSegment,
} from '../../../lib/datasets/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import { sha256 } from '../../../lib/tensors/index.ts';
import { serially } from './serially.ts';

/** Codes that are written as one segment, at most: 512 × 1,344 float16 numbers are 1.4 MB. */
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
    const dims = index.pendingCodes(space, 1)[0]?.dims;
    if (!dims) return false;
    // Long codes make fewer rows.
    const batch = index.pendingCodes(space, Math.min(segmentRows, Math.ceil(compactedBytes / (2 * dims))));
    const codes = new Uint16Array(batch.length * dims);
    for (const [row, { code }] of batch.entries())
      codes.set(new Uint16Array(code.buffer, code.byteOffset, dims), row * dims);
    const register = await putSegment({ codeSpace: space, dims, digests: batch.map((b) => b.digest), codes });
    register();
    return true;
  }

  /**
   * Writes a segment's object. What it answers registers it, in one step that awaits nothing.
   *
   * @param after the segments whose codes it takes over: it counts as newer, whatever the clock says
   */
  async function putSegment(segment: Segment, after: string[] = []): Promise<() => void> {
    const bytes = writeSegment(segment);
    const digest = await sha256(bytes);
    const name = ulid(Math.max(Date.now(), ...after.map((name) => decodeTime(name) + 1)));
    const key = segmentKey(dataset, segment.codeSpace, name);
    index.doom(key);
    await store.put(key, bytes);
    return () => {
      index.addSegment(segment.codeSpace, name, digest, segment.digests, segment.dims);
      index.spare(key);
    };
  }

  /** Rewrites segments that hold codes of erased images. Not while a training may be reading them. */
  const erase = () =>
    oneAtATime(async () => {
      for (const { space, ulid: old } of index.erasures()) {
        const rest = await readOwnCodes(space, old);
        const register = rest && rest.digests.length > 0 ? await putSegment(rest, [old]) : null;
        forget(space, old);
        register?.();
      }
    });

  /**
   * Merges small segments, one group after the other, for as long as `goOn` says so. A segment that a snapshot
   * cites stays in the bucket; nothing new reads it.
   */
  async function compact(goOn: () => boolean = () => true): Promise<void> {
    for (const { space } of index.segmentCounts())
      while (goOn() && (await oneAtATime(() => compactOnce(space))));
  }

  /** True if there may be more to do. */
  async function compactOnce(space: string): Promise<boolean> {
    dropStale(space);
    const old = planCompaction(index.liveSegments(space));
    if (old.length === 0) return false;
    const parts: Segment[] = [];
    for (const name of old) {
      const part = await readOwnCodes(space, name);
      if (part) parts.push(part);
      else forget(space, name);
    }
    const merged = mergeSegments(parts);
    const register = merged && (await putSegment(merged, old));
    register?.();
    dropStale(space);
    return true;
  }

  /** Lets go of segments that nothing reads and no snapshot cites. */
  function dropStale(space: string): void {
    for (const name of index.staleSegments(space)) if (!index.isCited(name)) forget(space, name);
  }

  function forget(space: string, name: string): void {
    index.removeSegment(space, name);
    index.doom(segmentKey(dataset, space, name));
  }

  /** A segment as it was written, or null if it is gone or spoilt: its codes will be made anew from the images. */
  async function readOwnSegment(space: string, name: string): Promise<Segment | null> {
    const written = index.segments(space).find(({ ulid }) => ulid === name);
    const object = await store.get(segmentKey(dataset, space, name));
    if (!object || !written || (await sha256(object.body)) !== written.sha256) return null;
    try {
      return readSegment(object.body, space);
    } catch (error) {
      if (error instanceof HeadwaterError) return null;
      throw error;
    }
  }

  /** The codes that have their place in a segment, or null as above: not those of erased images, nor those that a
   *  newer segment holds. */
  async function readOwnCodes(space: string, name: string): Promise<Segment | null> {
    const segment = await readOwnSegment(space, name);
    if (!segment) return null;
    const rows = segment.digests.flatMap((digest, row) =>
      index.placeOf(space, digest) === name ? [row] : [],
    );
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
   * Called when an object has been uploaded under a key that may have been doomed. False if a deletion came in
   * between and the object is gone. A sweep may have come and gone since the upload, so storage is asked even if
   * the key is not doomed any more.
   */
  const reprieve = (key: string): Promise<boolean> => {
    const isThere = async () => (await store.head(key)) !== null;
    if (!index.isDoomed(key)) return isThere();
    return oneAtATime(async () => {
      index.spare(key);
      return isThere();
    });
  };

  return {
    flush,
    erase,
    compact,
    sweep,
    reprieve,
    /** Runs other work while none of the above touches objects or rows. */
    alone: oneAtATime,
  };
}
