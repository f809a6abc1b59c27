// Puts the image decoders where the edge's bundle takes them from, build/*.wasm: the packages' own modules with a
// ceiling of memory. Does nothing when what is there is what would be made.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boundDecoders } from '../lib/image/image-node.ts';
import { writeAtomically } from './write-atomically.ts';

const root = join(import.meta.dirname, '..');

/** Builds what is stale and returns the paths that were built. Safe to run twice at once. */
export async function buildDecoders(): Promise<string[]> {
  const built: string[] = [];
  for (const [name, read] of Object.entries(boundDecoders)) {
    const out = `build/${name}.wasm`;
    const path = join(root, out);
    const bytes = await read();
    if (existsSync(path) && readFileSync(path).equals(bytes)) continue;
    writeAtomically(path, bytes);
    built.push(out);
  }
  return built;
}
