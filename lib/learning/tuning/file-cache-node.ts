// An ArrayCache in a folder. It is bounded: files that earlier trainings left make room, the oldest first; once what this
// training needs fills it alone, nothing more is kept, and what is not there is computed again.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readArrayFile, writeArrayFile } from './array-file.ts';
import type { ArrayCache } from './inputs.ts';

export interface FileCacheOptions {
  /** Of all files in the folder. */
  maxBytes?: number;
}

const defaultMaxBytes = 4 * 2 ** 30;

/**
 * A cache over the files in `folder`, which is made if need be and is nobody else's. Open one for each training: what it
 * reads or writes stays until another training needs the room.
 *
 * Files appear whole (written beside, then renamed) and are checked when read; a disk that is full counts as a cache that
 * is.
 */
export async function fileCache(
  folder: string,
  { maxBytes = defaultMaxBytes }: FileCacheOptions = {},
): Promise<ArrayCache> {
  await mkdir(folder, { recursive: true });
  const { sizes, old } = await survey(folder);
  let held = [...sizes.values()].reduce((a, b) => a + b, 0);

  const forget = async (name: string) => {
    held -= sizes.get(name) ?? 0;
    sizes.delete(name);
    old.delete(name);
    await rm(join(folder, name), { force: true });
  };
  const makeRoom = async (bytes: number) => {
    for (const name of old) {
      if (held + bytes <= maxBytes) break;
      await forget(name);
    }
    return held + bytes <= maxBytes;
  };

  return {
    async get(key) {
      const name = nameOf(key);
      if (!sizes.has(name)) return undefined;
      const values = await readFile(join(folder, name)).then(readArrayFile, () => undefined);
      if (!values) await forget(name);
      else old.delete(name);
      return values;
    },
    async put(key, values) {
      const name = nameOf(key);
      const file = writeArrayFile(values);
      if (sizes.has(name)) await forget(name);
      if (!(await makeRoom(file.length))) return;
      // Counted before it is there, so that two at once do not both take the last place.
      sizes.set(name, file.length);
      held += file.length;
      if (!(await written(folder, name, file))) await forget(name);
    },
    async clear() {
      for (const name of [...sizes.keys()]) await forget(name);
    },
  };
}

const suffix = '.array';

/** What earlier trainings left, the oldest first. Files that were never finished are taken away. */
async function survey(folder: string): Promise<{ sizes: Map<string, number>; old: Set<string> }> {
  const found: { name: string; bytes: number; at: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(partSuffix)) await rm(path, { force: true });
    if (!name.endsWith(suffix)) continue;
    // Gone meanwhile, if another cache on the folder needed the room.
    const facts = await stat(path).catch(() => undefined);
    if (facts) found.push({ name, bytes: facts.size, at: facts.mtimeMs });
  }
  found.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  return {
    sizes: new Map(found.map(({ name, bytes }) => [name, bytes])),
    old: new Set(found.map(({ name }) => name)),
  };
}

const partSuffix = '.part';

/** False if the disk is full, or was taken away. */
async function written(folder: string, name: string, file: Uint8Array): Promise<boolean> {
  const part = join(folder, `${randomUUID()}${partSuffix}`);
  try {
    await writeFile(part, file);
    await rename(part, join(folder, name));
    return true;
  } catch (error) {
    await rm(part, { force: true });
    // ENOENT: another cache was opened on the folder meanwhile, and took it for what a dead process left.
    if (['ENOSPC', 'EDQUOT', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

const nameOf = (key: string) => `${createHash('sha256').update(key).digest('hex').slice(0, 40)}${suffix}`;
