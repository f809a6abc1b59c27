// Puts libwebp where the edge's bundle takes it from, build/webp.wasm: the package's own module with a ceiling of
// memory. Does nothing when what is there is what would be made.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundWebp } from '../lib/image/image-node.ts';
import { writeAtomically } from './write-atomically.ts';

const root = join(import.meta.dirname, '..');

/** Builds what is stale and returns the paths that were built. Safe to run twice at once. */
export async function buildDecoders(): Promise<string[]> {
  const out = 'build/webp.wasm';
  const path = join(root, out);
  const bytes = await boundWebp();
  if (existsSync(path) && readFileSync(path).equals(bytes)) return [];
  writeAtomically(path, bytes);
  return [out];
}
