// The image pipeline in Node: the decoders' modules are read from the packages that hold them.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { limits } from './limits.ts';
import { withMemoryLimit } from './memory-limit.ts';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** Compiles the decoders and returns a pipeline over them. */
export async function loadImagePipeline(): Promise<ImagePipeline> {
  return createImagePipeline({ jpegTurbo: await loadJpegTurbo(), webp: await loadWebp() });
}

/** Decoders with their memory bounded, as binaries: the name under which they are built for workerd → the bytes. */
export const boundDecoders = {
  'jpeg-turbo': () => bound('@cwasm/jpeg-turbo/jpeg-turbo.wasm', limits.maxJpegMemoryBytes),
  webp: () => bound('@cwasm/webp/webp.wasm', limits.maxWebpMemoryBytes),
};

/** The compiled jpeg-turbo.wasm. */
export const loadJpegTurbo = async () => WebAssembly.compile(await boundDecoders['jpeg-turbo']());
/** The compiled webp.wasm. */
export const loadWebp = async () => WebAssembly.compile(await boundDecoders.webp());

async function bound(file: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const path = createRequire(import.meta.url).resolve(file);
  return withMemoryLimit(await readFile(path), maxBytes);
}
