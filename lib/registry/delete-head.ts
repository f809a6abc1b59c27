// Taking a head out of the bucket. The order is what makes it safe:
//
//   1. the floor, while there still is something to read it from;
//   2. channels.json: without it no edge begins to serve the head, and one that serves it stops at its next look;
//   3. versions and blobs, which nobody reads any more;
//   4. head.json, last: as long as it is there the name is taken, so that no other dataset can claim it and find
//      remains, and whoever repeats the call after a crash finds a head to delete.
//
// Wherever it stops, what is left is a head that answers nothing and can be deleted again.

import { headKey, headPrefix } from '../contract/index.ts';
import { listAll, maxListLimit, type ObjectStore } from '../storage/index.ts';

/** Steps 3 and 4. The others are the coordinator's: it keeps the numbers, and only it touches channels. */
export async function deleteHeadObjects(store: ObjectStore, head: string): Promise<void> {
  const last = headKey(head);
  let batch: string[] = [];
  for await (const { key } of listAll(store, headPrefix(head))) {
    if (key !== last) batch.push(key);
    if (batch.length < maxListLimit) continue;
    await store.delete(batch);
    batch = [];
  }
  await store.delete(batch);
  await store.delete(last);
}
