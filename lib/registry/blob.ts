// Blobs: a head's weights, under the digest that its manifest names.

import { blobKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';

/** @throws HeadwaterError `head-refused` if it is missing, `digest-mismatch` if it is not what its name says */
export async function readBlob(store: ObjectStore, head: string, digest: string): Promise<Uint8Array> {
  const object = await store.get(blobKey(head, digest));
  if (!object) throw new HeadwaterError('head-refused', `A blob of "${head}" is missing from storage.`);
  if ((await sha256(object.body)) !== digest)
    throw new HeadwaterError(
      'digest-mismatch',
      `A blob of "${head}" is not what its digest says. It is refused.`,
    );
  return object.body;
}
