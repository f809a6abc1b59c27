// Photographs in a folder: found, picked, and made into the tensors that a backbone reads.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HeadwaterError } from '../../lib/errors/index.ts';
import type { Recipe } from '../../lib/graph/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';

const photoFile = /\.(jpe?g|png|webp)$/i;

/** Paths of all photos in a folder and what lies in it, in order. @throws HeadwaterError `not-found` */
export function photosIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new HeadwaterError('not-found', `There is no folder "${folder}".`);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && photoFile.test(entry.name) && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** At most `count` of a list, evenly spread over it. */
export function evenly<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]!);
}

/** Normalised tensors of photos, one at a time. What cannot be read as an image is named and left out. */
export async function* tensorsOf(paths: Iterable<string>, recipe: Recipe): AsyncGenerator<Float32Array> {
  const pipeline = await loadImagePipeline();
  for (const path of paths) {
    const image = await pipeline.toTensor(readFileSync(path), recipe).catch((error: unknown) => {
      if (!(error instanceof HeadwaterError)) throw error;
      console.log(`  left out ${path}: ${error.message}`);
    });
    if (image) yield image.tensor;
  }
}
