// Putting a backbone into the bucket: the file under its digest first, then the name that points at it.

import { backboneKey, type CurrentBackbone, currentBackboneKey } from '../contract/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { toJson } from '../tensors/index.ts';
import { parseCurrent } from './current-backbone.ts';

export interface BackboneFile {
  name: string;
  digest: string;
  file: Uint8Array;
}

/** Stores a backbone and makes its name stand for this file. `at` is an ISO time. */
export async function publishBackbone(
  store: ObjectStore,
  { name, digest, file }: BackboneFile,
  at: string,
): Promise<void> {
  if (!(await store.head(backboneKey(name, digest)))) await store.put(backboneKey(name, digest), file);
  const there = await store.get(currentBackboneKey(name));
  if (there && parseCurrent(there.body)?.digest === digest) return;
  const current: CurrentBackbone = {
    format: 1,
    name,
    digest,
    arithmetic: 'float32',
    quantisation: null,
    updated: at,
  };
  const bytes = toJson(current);
  await store.put(currentBackboneKey(name), bytes, { contentType: 'application/json' });
}
