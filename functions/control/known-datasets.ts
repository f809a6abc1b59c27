// Which datasets there are, or have been: a Durable Object comes into being by being called, so nobody is called
// under a name that the bucket does not know.

import { datasetKey } from '../../lib/contract/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';

/** Names that an isolate remembers. */
const maxNames = 1000;

/** Found once, a dataset has its object for good, even if it is deleted later. */
const known = new Set<string>();

/** Whether a dataset is or was there; one read for a name that this isolate has not met. */
export async function isKnownDataset(store: ObjectStore, dataset: string): Promise<boolean> {
  if (known.has(dataset)) return true;
  if (!(await store.head(datasetKey(dataset)))) return false;
  if (known.size >= maxNames) known.clear();
  known.add(dataset);
  return true;
}
