// The image pipeline in workerd, which compiles no WASM from bytes: the bundler ships the modules, which
// scripts/build.ts has made with their ceilings of memory.

import image from '../../build/image.wasm';
import webp from '../../build/webp.wasm';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** The pipeline over the bundled modules. */
export function loadImagePipeline(): Promise<ImagePipeline> {
  return Promise.resolve(createImagePipeline({ image, webp }));
}
