// A bucket in memory: the reference of what an ObjectStore does, and the store of every unit test.

import { sha256 } from '../tensors/index.ts';
import { checkKey, checkList, checkRange, compareKeys, deletionBatches, rangeLength } from './checks.ts';
import { decodeMetadata, encodeMetadata } from './metadata.ts';
import type { ListedObject, ObjectStore, Precondition, StoredObject } from './object-store.ts';

interface Entry {
  size: number;
  etag: string;
  uploaded: Date;
  contentType?: string;
  metadata: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * A new, empty store. Bodies are copied on the way in and out.
 *
 * @example const store = memoryStore(); await store.put('a', new Uint8Array([1]));
 */
export function memoryStore(options: { now?: () => number } = {}): ObjectStore {
  const now = options.now ?? Date.now;
  const entries = new Map<string, Entry>();

  const describe = (key: string, entry: Entry): StoredObject => ({
    key,
    size: entry.size,
    etag: entry.etag,
    uploaded: new Date(entry.uploaded),
    ...(entry.contentType !== undefined && { contentType: entry.contentType }),
    metadata: decodeMetadata(entry.metadata),
  });

  return {
    listsMetadata: true,

    async get(key, { range } = {}) {
      checkKey(key);
      if (range) checkRange(range);
      const entry = entries.get(key);
      if (!entry) return null;
      const from = range?.offset ?? 0;
      return {
        ...describe(key, entry),
        body: entry.body.slice(from, from + rangeLength(entry.size, range)),
      };
    },

    async head(key) {
      checkKey(key);
      const entry = entries.get(key);
      return entry ? describe(key, entry) : null;
    },

    async put(key, bytes, { contentType, metadata, onlyIf } = {}) {
      checkKey(key);
      const encoded = encodeMetadata(metadata);
      const body = new Uint8Array(bytes);
      const etag = (await sha256(body)).slice(0, 32);
      // From here to the write nothing is awaited: that is what makes the precondition atomic.
      if (!holds(onlyIf, entries.get(key))) return null;
      const uploaded = new Date(now());
      entries.set(key, { size: body.length, etag, uploaded, contentType, metadata: encoded, body });
      return { etag };
    },

    async delete(keys) {
      for (const batch of deletionBatches(keys)) for (const key of batch) entries.delete(key);
    },

    async list(options) {
      const limit = checkList(options, true);
      const { prefix, cursor, startAfter = cursor, delimiter } = options;
      const keys = [...entries.keys()]
        .filter((key) => key.startsWith(prefix) && !(startAfter && compareKeys(key, startAfter) <= 0))
        .sort(compareKeys);
      const groups = delimiter ? groupKeys(keys, prefix, delimiter) : keys.map((key) => ({ key, last: key }));
      const page = groups.slice(0, limit);
      const isKey = (key: string) => !(delimiter && key.endsWith(delimiter) && key !== prefix);
      const objects = page
        .filter(({ key }) => isKey(key))
        .map(({ key }): ListedObject => {
          const { contentType, metadata, ...listed } = describe(key, entries.get(key)!);
          return options.metadata
            ? { ...listed, ...(contentType !== undefined && { contentType }), metadata }
            : listed;
        });
      const prefixes = page.map(({ key }) => key).filter((key) => !isKey(key));
      return {
        objects,
        ...(delimiter && { prefixes }),
        ...(groups.length > limit && { cursor: page.at(-1)!.last }),
      };
    },
  };
}

/** Sorted keys → keys without a delimiter after the prefix, and what the others have in common before it. */
function groupKeys(keys: string[], prefix: string, delimiter: string): { key: string; last: string }[] {
  const groups = new Map<string, string>();
  for (const key of keys) {
    const end = key.indexOf(delimiter, prefix.length);
    groups.set(end < 0 ? key : key.slice(0, end + 1), key);
  }
  return [...groups].map(([key, last]) => ({ key, last }));
}

function holds(onlyIf: Precondition | undefined, entry: Entry | undefined): boolean {
  if (!onlyIf) return true;
  return 'absent' in onlyIf ? !entry : entry?.etag === onlyIf.etag;
}
