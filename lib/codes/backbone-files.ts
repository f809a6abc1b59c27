// Files of backbones out of the bucket, checked against the digests that name them, parsed, and kept for as long as
// the memory budget lets them: a plan runs without the file that it was compiled of.

import { backboneKey, quantisationKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { type Card, type Graph, readBackbone } from '../graph/index.ts';
import type { Quantisation } from '../inference/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import { quantisationGone } from './backbone.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { readQuantisation } from './quantisation-file.ts';
import { createSharedLoads, type SharedLoadOptions } from './shared-load.ts';

export interface ParsedFile {
  graph: Graph;
  card: Card;
  bytes: number;
}

export interface BackboneFilesOptions extends Omit<SharedLoadOptions, 'takeoverMs'> {
  store: ObjectStore;
  memory: MemoryBudget;
}

export interface BackboneFiles {
  /** @throws HeadwaterError `code-space-unavailable` if it is gone, `digest-mismatch`, `invalid-file`,
   *  `backbone-too-large`, `overloaded` */
  get(name: string, digest: string): Promise<ParsedFile>;
  /** The file, if it is here. */
  peek(digest: string): ParsedFile | undefined;
  /** Errors as `get`. Small, used once for a plan, and so not kept. */
  quantisation(name: string, digest: string, quantisation: string): Promise<Quantisation>;
  /** Whether a quantisation lies in the bucket. */
  hasQuantisation(name: string, digest: string, quantisation: string): Promise<boolean>;
}

export function createBackboneFiles(options: BackboneFilesOptions): BackboneFiles {
  const { store, memory } = options;
  const loads = createSharedLoads<ParsedFile>({ ...options, takeoverMs: 15_000 });
  const memoryKey = (digest: string) => `file ${digest}`;

  async function load(name: string, digest: string): Promise<ParsedFile> {
    const key = backboneKey(name, digest);
    const found = await store.head(key);
    if (!found) throw gone(name, digest);
    const release = await memory.reserve(found.size, `The backbone "${name}"`);
    try {
      const object = await store.get(key);
      if (!object) throw gone(name, digest);
      await checkDigest(object.body, digest, `backbone "${name}"`);
      const { graph, card } = readBackbone(object.body);
      const bytes = object.body.byteLength;
      release();
      memory.hold(memoryKey(digest), bytes, () => loads.drop(digest));
      return { graph, card, bytes };
    } finally {
      release();
    }
  }

  return {
    async get(name, digest) {
      memory.touch(memoryKey(digest));
      return loads.get(digest, () => load(name, digest));
    },
    peek: loads.peek,
    async quantisation(name, digest, quantisation) {
      const object = await store.get(quantisationKey(name, digest, quantisation));
      if (!object) throw quantisationGone(name, quantisation);
      await checkDigest(object.body, quantisation, `the quantisation of backbone "${name}"`);
      return readQuantisation(object.body, quantisation);
    },
    hasQuantisation: async (name, digest, quantisation) =>
      (await store.head(quantisationKey(name, digest, quantisation))) !== null,
  };
}

async function checkDigest(bytes: Uint8Array, digest: string, what: string): Promise<void> {
  if ((await sha256(bytes)) === digest) return;
  throw new HeadwaterError(
    'digest-mismatch',
    `The file of ${what} is not what its digest says. Add the backbone again.`,
  );
}

const gone = (name: string, digest: string) =>
  new HeadwaterError(
    'code-space-unavailable',
    `The backbone "${name}" (${digest.slice(0, 12)}…) is not in storage any more. Add it again, or train on another.`,
  );
