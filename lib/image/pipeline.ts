// Bytes → tensor: the one way in which Headwater sees a picture, at the edge and in the trainer alike. Headers
// are checked, then pixels stream row by row from the decoder through the resize; only the small picture is
// turned upright and normalised.

import { HeadwaterError } from '../errors/index.ts';
import { fitSpans } from './fit.ts';
import { createJpegDecoder } from './jpeg-decoder.ts';
import type { JpegHeader } from './jpeg-header.ts';
import { jpegRow } from './jpeg-rgb.ts';
import { chooseEighths, type Eighths } from './jpeg-scale.ts';
import { limits } from './limits.ts';
import { normalise } from './normalise.ts';
import type { PngHeader } from './png-header.ts';
import { createPngRowReader } from './png-pixels.ts';
import { readPngRows } from './png-rows.ts';
import { describe, type ImageInfo, type ParsedImage, parseHeaders } from './probe.ts';
import type { Recipe } from './recipe.ts';
import { createResizer } from './resize.ts';
import { createWebpDecoder } from './webp-decoder.ts';
import type { WebpHeader } from './webp-header.ts';
import { webpRow } from './webp-rgb.ts';

/** Part of every code space. Whatever changes a tensor (decoder, scale rule, filter, compositing) changes it. */
export const pipelineVersion = 'headwater-image-1';

/** What a picture cost, in units that mean the same where no clock runs. */
export interface ImageWork {
  /** Pixels that came out of the decoder. */
  decodedPixels: number;
  /** The scale of the decode in eighths; 8 for every PNG and WebP. */
  eighths: Eighths;
  /** The most WebAssembly memory that this pipeline has had at once so far, in bytes. */
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
}

/** The compiled modules: `jpeg-turbo.wasm` of @cwasm/jpeg-turbo and `webp.wasm` of @cwasm/webp, their memory bounded. */
export interface DecoderModules {
  jpegTurbo: WebAssembly.Module;
  webp: WebAssembly.Module;
}

/**
 * The pipeline over the compiled decoders.
 *
 * @example
 * const pipeline = createImagePipeline({ jpegTurbo, webp });
 * const { tensor } = await pipeline.toTensor(bytes, recipe);
 */
export function createImagePipeline(modules: DecoderModules): ImagePipeline {
  const jpeg = createJpegDecoder(modules.jpegTurbo);
  const webp = createWebpDecoder(modules.webp);

  const shrinkJpeg = (
    bytes: Uint8Array,
    header: JpegHeader,
    eighths: Eighths,
    size: number,
    fit: Recipe['fit'],
  ) =>
    jpeg.decode(bytes, header, eighths, (decoded) => {
      const extent = { width: (header.width * eighths) / 8, height: (header.height * eighths) / 8 };
      const { across, down } = fitSpans(decoded, extent, fit);
      const resizer = createResizer(across, down, size);
      for (let y = 0; y < decoded.height; y++) {
        if (!resizer.needs(y)) continue;
        jpegRow(decoded, y, header.adobe, resizer.row);
        resizer.addRow(y);
      }
      return { pixels: resizer.pixels, decodedPixels: decoded.width * decoded.height };
    });

  const shrinkWebp = (bytes: Uint8Array, header: WebpHeader, size: number, fit: Recipe['fit']) =>
    webp.decode(bytes, header, (rgba) => {
      const { width, height } = header;
      const { across, down } = fitSpans(header, header, fit);
      const resizer = createResizer(across, down, size);
      for (let y = 0; y < height; y++) {
        if (!resizer.needs(y)) continue;
        webpRow(rgba, width, y, resizer.row);
        resizer.addRow(y);
      }
      return { pixels: resizer.pixels, decodedPixels: width * height };
    });

  function shrink(
    bytes: Uint8Array,
    { format, header }: ParsedImage,
    eighths: Eighths,
    size: number,
    fit: Recipe['fit'],
  ): Shrunk | Promise<Shrunk> {
    switch (format) {
      case 'jpeg':
        return shrinkJpeg(bytes, header, eighths, size, fit);
      case 'webp':
        return shrinkWebp(bytes, header, size, fit);
      case 'png':
        return shrinkPng(header, size, fit);
    }
  }

  return {
    async toTensor(bytes, recipe, { size = recipe.size } = {}) {
      checkSize(size);
      const parsed = parseHeaders(bytes);
      const { header } = parsed;
      const eighths = parsed.format === 'jpeg' ? chooseEighths(parsed.header, size) : 8;
      const { pixels, decodedPixels } = await shrink(bytes, parsed, eighths, size, recipe.fit);
      return {
        tensor: normalise(pixels, size, header.orientation, recipe),
        info: describe(parsed),
        work: { decodedPixels, eighths, peakWasmBytes: jpeg.memory().peakBytes + webp.memory().peakBytes },
      };
    },
    heldBytes: () => jpeg.memory().heldBytes + webp.memory().heldBytes,
  };
}

interface Shrunk {
  /** [size, size, 3], 0..255, as stored: not turned. */
  pixels: Float64Array<ArrayBuffer>;
  decodedPixels: number;
}

async function shrinkPng(header: PngHeader, size: number, fit: Recipe['fit']): Promise<Shrunk> {
  const { width, height } = header;
  const { across, down } = fitSpans(header, header, fit);
  const resizer = createResizer(across, down, size);
  const readRow = createPngRowReader(header);
  await readPngRows(header, (bytes, pass, j) => {
    const y = pass.y + j * pass.dy;
    if (!resizer.needs(y)) return;
    // Pixels that belong to other passes count when their pass comes.
    if (pass.dx > 1) resizer.row.fill(0);
    readRow(bytes, pass, resizer.row);
    resizer.addRow(y);
  });
  return { pixels: resizer.pixels, decodedPixels: width * height };
}

function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > limits.maxTensorSide)
    throw new HeadwaterError(
      'bad-request',
      `The input size must be a whole number from 1 to ${limits.maxTensorSide}.`,
      { maxSize: limits.maxTensorSide },
    );
}
