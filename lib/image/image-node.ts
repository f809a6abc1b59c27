// The image pipeline in Node: the modules are read from the build folder and from the package that holds libwebp.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { limits } from './limits.ts';
import { withMemoryLimit } from './memory-limit.ts';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** Compiles the modules and returns a pipeline over them. */
export async function loadImagePipeline(): Promise<ImagePipeline> {
  return createImagePipeline({ image: await loadImageModule(), webp: await loadWebp() });
}

/** libwebp with its memory bounded, as a binary, which is also what the edge's bundle takes. */
export async function boundWebp(): Promise<Uint8Array<ArrayBuffer>> {
  const path = createRequire(import.meta.url).resolve('@cwasm/webp/webp.wasm');
  return withMemoryLimit(await readFile(path), limits.maxWebpMemoryBytes);
}

/** The compiled build/image.wasm. Rejects, saying so, when it has not been built. */
export async function loadImageModule(): Promise<WebAssembly.Module> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readFile(new URL('../../build/image.wasm', import.meta.url));
  } catch (cause) {
    throw new Error('image.wasm is missing: run `node scripts/build-kernels.ts` first.', { cause });
  }
  return WebAssembly.compile(bytes);
}

/** The compiled webp.wasm. */
export const loadWebp = async () => WebAssembly.compile(await boundWebp());
