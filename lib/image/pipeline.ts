// Bytes → tensor: the one way in which Headwater sees a picture, at the edge and in the trainer alike. Headers
// are checked, then pixels stream row by row from the decoder through the resize; only the small picture is
// turned upright and normalised.

import { HeadwaterError } from '../errors/index.ts';
import { fitSpans } from './fit.ts';
import { decodeJpeg } from './jpeg-decoder.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { chooseEighths, type Eighths, scaledSide } from './jpeg-scale.ts';
import { limits } from './limits.ts';
import type { PngHeader } from './png-header.ts';
import { createPngRowAdder } from './png-pixels.ts';
import { readPngRows } from './png-rows.ts';
import { describe, type ImageInfo, parseHeaders } from './probe.ts';
import type { Recipe } from './recipe.ts';
import { beginResize, finishResize } from './resize.ts';
import { allocate, createImageInstances, type ImageWasm } from './wasm.ts';
import { createWebpDecoder } from './webp-decoder.ts';
import type { WebpHeader } from './webp-header.ts';

/** Part of every code space. Whatever changes a tensor (decoder, scale rule, filter, compositing) changes it. */
export const pipelineVersion = 'headwater-image-2';

/** What a picture cost, in units that mean the same where no clock runs. */
export interface ImageWork {
  /** Pixels that came out of the decoder. */
  decodedPixels: number;
  /** The scale of the decode in eighths; 8 for every PNG and WebP. */
  eighths: Eighths;
  /** The most WebAssembly memory that one call of this pipeline has had so far, in bytes. */
  peakWasmBytes: number;
}

export interface ImageTensor {
  /** float32 [size, size, 3], normalised by the recipe. */
  tensor: Float32Array<ArrayBuffer>;
  info: ImageInfo;
  work: ImageWork;
}

export interface ImagePipeline {
  /**
   * Decodes, turns upright, resizes and normalises an image. JPEG and WebP are decoded in one synchronous step, so
   * calls may overlap; memory is the caller's reason to run one at a time.
   *
   * @param options.size side of the tensor, instead of the recipe's
   * @throws HeadwaterError as `probe` does; `invalid-image` also for data that is truncated or damaged
   */
  toTensor(bytes: Uint8Array, recipe: Recipe, options?: { size?: number }): Promise<ImageTensor>;
  /** WebAssembly memory held between calls, for a memory budget (bytes). */
  heldBytes(): number;
  /** Gives that back. What is being decoded goes on. */
  letGo(): void;
}

/** The compiled modules: build/image.wasm, and `webp.wasm` of @cwasm/webp with its memory bounded. */
export interface ImageModules {
  image: WebAssembly.Module;
  webp: WebAssembly.Module;
}

/**
 * The pipeline over the compiled modules.
 *
 * @example
 * const pipeline = createImagePipeline({ image, webp });
 * const { tensor } = await pipeline.toTensor(bytes, recipe);
 */
export function createImagePipeline(modules: ImageModules): ImagePipeline {
  const instances = createImageInstances(modules.image);
  const webp = createWebpDecoder(modules.webp);

  function shrinkWebp(wasm: ImageWasm, bytes: Uint8Array, header: WebpHeader, target: Target): Decoded {
    const { width, height } = header;
    return webp.decode(bytes, header, (rgba) => {
      const resizer = beginResize(wasm, fitSpans(header, header, target.fit), target.size);
      const row = allocate(wasm, 4 * width);
      const memory = new Uint8Array(wasm.memory.buffer);
      for (let y = 0; y < height; y++) {
        if (!resizer.needs(y)) continue;
        memory.set(rgba.subarray(4 * width * y, 4 * width * (y + 1)), row);
        wasm.consumeRgbaRow(row, y);
      }
      return { eighths: 8, decodedPixels: width * height };
    });
  }

  return {
    async toTensor(bytes, recipe, { size = recipe.size } = {}) {
      checkSize(size);
      const parsed = parseHeaders(bytes);
      const { format, header } = parsed;
      const target = { size, fit: recipe.fit };
      const { tensor, decoded } = await instances.use(async (wasm) => {
        let decoded: Decoded;
        if (format === 'jpeg') decoded = shrinkJpeg(wasm, bytes, header, target);
        else if (format === 'webp') decoded = shrinkWebp(wasm, bytes, header, target);
        else decoded = await shrinkPng(wasm, header, target);
        return { tensor: finishResize(wasm, size, header.orientation, recipe), decoded };
      });
      const peakWasmBytes = instances.memory().peakBytes + webp.memory().peakBytes;
      return { tensor, info: describe(parsed), work: { ...decoded, peakWasmBytes } };
    },
    heldBytes: () => instances.memory().heldBytes + webp.memory().heldBytes,
    letGo() {
      instances.letGo();
      webp.letGo();
    },
  };
}

interface Target {
  /** Side of the square that the picture shrinks to. */
  size: number;
  fit: Recipe['fit'];
}

type Decoded = Omit<ImageWork, 'peakWasmBytes'>;

function shrinkJpeg(wasm: ImageWasm, bytes: Uint8Array, header: JpegHeader, target: Target): Decoded {
  const eighths = chooseEighths(header, target.size);
  const width = scaledSide(header.width, eighths);
  const height = scaledSide(header.height, eighths);
  const extent = { width: (header.width * eighths) / 8, height: (header.height * eighths) / 8 };
  beginResize(wasm, fitSpans({ width, height }, extent, target.fit), target.size);
  decodeJpeg(wasm, bytes, header, eighths);
  return { eighths, decodedPixels: width * height };
}

async function shrinkPng(wasm: ImageWasm, header: PngHeader, { size, fit }: Target): Promise<Decoded> {
  const { width, height } = header;
  const resizer = beginResize(wasm, fitSpans(header, header, fit), size);
  const addRow = createPngRowAdder(wasm, header, resizer);
  await readPngRows(wasm, header, addRow);
  return { eighths: 8, decodedPixels: width * height };
}

function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > limits.maxTensorSide)
    throw new HeadwaterError(
      'bad-request',
      `The input size must be a whole number from 1 to ${limits.maxTensorSide}.`,
      { maxSize: limits.maxTensorSide },
    );
}
