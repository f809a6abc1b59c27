// The image pipeline in Node: the decoders' modules are read from the packages that hold them.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** Compiles the decoders and returns a pipeline over them. */
export async function loadImagePipeline(): Promise<ImagePipeline> {
  return createImagePipeline({ jpegTurbo: await loadJpegTurbo(), webp: await loadWebp() });
}

/** The compiled jpeg-turbo.wasm. */
export const loadJpegTurbo = () => load('@cwasm/jpeg-turbo/jpeg-turbo.wasm');
/** The compiled webp.wasm. */
export const loadWebp = () => load('@cwasm/webp/webp.wasm');

async function load(file: string): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve(file);
  return WebAssembly.compile(await readFile(path));
}
