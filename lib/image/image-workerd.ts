// The image pipeline in workerd, which compiles no WASM from bytes: the bundler ships the modules, which
// scripts/build-decoders.ts has given their ceilings of memory.

import jpegTurbo from '../../build/jpeg-turbo.wasm';
import webp from '../../build/webp.wasm';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** The pipeline over the bundled decoders. */
export function loadImagePipeline(): Promise<ImagePipeline> {
  return Promise.resolve(createImagePipeline({ jpegTurbo, webp }));
}
