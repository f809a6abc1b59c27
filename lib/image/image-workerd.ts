// The image pipeline in workerd, which compiles no WASM from bytes: the bundler ships the modules.

import jpegTurbo from '@cwasm/jpeg-turbo/jpeg-turbo.wasm';
import webp from '@cwasm/webp/webp.wasm';
import { createImagePipeline, type ImagePipeline } from './pipeline.ts';

/** The pipeline over the bundled decoders. */
export function loadImagePipeline(): Promise<ImagePipeline> {
  return Promise.resolve(createImagePipeline({ jpegTurbo, webp }));
}
