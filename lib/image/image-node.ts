// The image pipeline in Node: the decoder's module is read from the package that holds it.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** Compiles jpeg-turbo.wasm and returns a pipeline over it. */
export async function loadImagePipeline(): Promise<ImagePipeline> {
  return createImagePipeline({ jpegTurbo: await loadJpegTurbo() });
}

/** The compiled jpeg-turbo.wasm. */
export async function loadJpegTurbo(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm');
  return WebAssembly.compile(await readFile(path));
}
