// `remove`: takes a backbone out of the bucket and off this machine, unless a head needs it: without its backbone a
// head answers nothing.

import { rmSync } from 'node:fs';
import { backbonesPrefix, currentBackboneKey } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { readHeadDocument } from '../../lib/registry/index.ts';
import { listAll, type ObjectStore } from '../../lib/storage/index.ts';
import { defaultBackbone } from '../../scripts/dev/backbones.ts';
import type { StateFolder } from '../../scripts/dev/state.ts';
import { openBucket } from '../bucket.ts';

/** @throws HeadwaterError `conflict` if a head or the deployment needs it, `not-found` if it is nowhere */
export async function remove(state: StateFolder, name: string): Promise<void> {
  if (name === defaultBackbone().name)
    throw new HeadwaterError(
      'conflict',
      `"${name}" is the default. Choose another first: npm run backbone -- use <name>.`,
    );
  const bucket = await openBucket(state);
  if (!bucket)
    throw new HeadwaterError(
      'conflict',
      'Whether a head needs it stands in the bucket. Start the instance first (npm start), or name a bucket with S3_ENDPOINT.',
    );
  try {
    await removeFrom(bucket.store, name);
  } finally {
    bucket.close();
  }
  rmSync(state.file('backbones', name), { recursive: true, force: true });
  console.log(`"${name}" is gone from ${bucket.where} and from this machine.`);
}

async function removeFrom(store: ObjectStore, name: string): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, `${backbonesPrefix}${name}/`)) keys.push(key);
  if (keys.length === 0) throw new HeadwaterError('not-found', `There is no backbone "${name}".`);
  const heads = await headsOn(store, name);
  if (heads.length > 0)
    throw new HeadwaterError(
      'conflict',
      `"${name}" is needed by ${heads.map((head) => `"${head}"`).join(', ')}. Delete ${heads.length > 1 ? 'those heads' : 'that head'} first.`,
    );
  // The name goes first: nobody may begin to train on a file that is about to vanish.
  await store.delete(currentBackboneKey(name));
  for (const key of keys) await store.delete(key);
}

async function headsOn(store: ObjectStore, name: string): Promise<string[]> {
  const heads: string[] = [];
  for await (const { key } of listAll(store, 'heads/')) {
    const head = /^heads\/([^/]+)\/head\.json$/.exec(key)?.[1];
    if (head && (await readHeadDocument(store, head))?.backbone.name === name) heads.push(head);
  }
  return heads;
}
