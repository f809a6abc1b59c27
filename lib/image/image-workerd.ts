// The image pipeline in workerd, which compiles no WASM from bytes: the bundler ships the module.

import jpegTurbo from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** The pipeline over the bundled jpeg-turbo.wasm. */
export function loadImagePipeline(): Promise<ImagePipeline> {
  return Promise.resolve(createImagePipeline({ jpegTurbo }));
}
