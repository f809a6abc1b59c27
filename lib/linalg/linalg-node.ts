// Linear algebra in Node: reads and compiles build/linalg.wasm once for each process.

import { readFile } from 'node:fs/promises';
import { createLinalg, type Linalg } from './linalg.ts';

const defaultPath = new URL('../../build/linalg.wasm', import.meta.url);

let loaded: Promise<Linalg> | undefined;

/**
 * The SIMD kernels. Rejects, saying so, when they have not been built.
 *
 * @param path where the module lies, when it is not in the repository's build folder.
 */
export function loadLinalg(path?: string | URL): Promise<Linalg> {
  if (path) return load(path);
  loaded ??= load(defaultPath);
  return loaded;
}

async function load(path: string | URL): Promise<Linalg> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new Error('linalg.wasm is missing: run `node scripts/build-kernels.ts` first.', { cause });
  }
  return createLinalg(await WebAssembly.compile(bytes));
}
