// What a garbage collection has found: counted by kind, and named as far as an answer has room.

import {
  type GarbageData,
  type GarbageKindName,
  type GarbageRequestData,
  maxGarbageKeys,
} from '../../../lib/contract/index.ts';
import { type ListedObject, listAll, type ObjectStore } from '../../../lib/storage/index.ts';
import type { PublishedVersion } from './cited.ts';
import type { Parts } from './parts.ts';

/** What the collection of a dataset knows before it looks at anything. */
export interface Collection {
  parts: Parts;
  bin: GarbageBin;
  request: GarbageRequestData;
  versions: PublishedVersion[];
  /** Snapshots that a training needs which was not over before the versions were read. */
  inTraining: Set<string>;
  /** Code spaces that are needed whatever the heads say. */
  keepSpaces: string[];
}

export type GarbageBin = ReturnType<typeof createGarbageBin>;

/** @param before objects from this instant on, in milliseconds since 1970, are too young to be garbage */
export function createGarbageBin(dryRun: boolean, before: number) {
  const found: GarbageData = { dryRun, objects: 0, bytes: 0, byKind: {}, keys: [], skipped: [] };
  const taken = new Set<string>();
  const isOld = ({ uploaded }: Pick<ListedObject, 'uploaded'>) => uploaded.getTime() < before;

  return {
    found,
    isOld,
    /** Whether an object has been counted already. */
    isTaken: (key: string): boolean => taken.has(key),

    /** Objects under a prefix that are old enough, and of which `isGarbage` is true. */
    async old(
      store: ObjectStore,
      prefix: string,
      isGarbage: (key: string) => boolean,
    ): Promise<ListedObject[]> {
      const garbage: ListedObject[] = [];
      for await (const object of listAll(store, prefix))
        if (isOld(object) && isGarbage(object.key)) garbage.push(object);
      return garbage;
    },

    /** Counts garbage. Answers the keys that are to be deleted: none in a dry run. */
    take(kind: GarbageKindName, objects: Pick<ListedObject, 'key' | 'size'>[]): string[] {
      const keys = objects.map(({ key }) => key);
      if (keys.length === 0) return [];
      for (const key of keys) taken.add(key);
      const bytes = objects.reduce((sum, { size }) => sum + size, 0);
      const so = found.byKind[kind] ?? { objects: 0, bytes: 0 };
      found.byKind[kind] = { objects: so.objects + keys.length, bytes: so.bytes + bytes };
      found.objects += keys.length;
      found.bytes += bytes;
      found.keys.push(...keys.slice(0, maxGarbageKeys - found.keys.length));
      return dryRun ? [] : keys;
    },

    skip(kind: GarbageKindName, reason: string): void {
      found.skipped.push({ kind, reason });
    },
  };
}
