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
import { describe, type ImageInfo, parseHeaders } from './probe.ts';
import type { Recipe } from './recipe.ts';
import { createResizer } from './resize.ts';

/** Part of every code space. Whatever changes a tensor (decoder, scale rule, filter, compositing) changes it. */
export const pipelineVersion = 'headwater-image-1';

/** What a picture cost, in units that mean the same where no clock runs. */
export interface ImageWork {
  /** Pixels that came out of the decoder. */
  decodedPixels: number;
  /** The scale of the decode in eighths; 8 for every PNG. */
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
   * Decodes, turns upright, resizes and normalises an image. JPEGs are decoded in one synchronous step, so
   * calls may overlap; memory is the caller's reason to run one at a time.
   *
   * @param options.size side of the tensor, instead of the recipe's
   * @throws HeadwaterError as `probe` does; `invalid-image` also for data that is truncated or damaged
   */
  toTensor(bytes: Uint8Array, recipe: Recipe, options?: { size?: number }): Promise<ImageTensor>;
  /** WebAssembly memory held between calls, for a memory budget (bytes). */
  heldBytes(): number;
}

/**
 * The pipeline over the compiled `jpeg-turbo.wasm` of @cwasm/jpeg-turbo.
 *
 * @example
 * const pipeline = createImagePipeline({ jpegTurbo });
 * const { tensor } = await pipeline.toTensor(bytes, recipe);
 */
export function createImagePipeline({ jpegTurbo }: { jpegTurbo: WebAssembly.Module }): ImagePipeline {
  const jpeg = createJpegDecoder(jpegTurbo);

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

  return {
    async toTensor(bytes, recipe, { size = recipe.size } = {}) {
      checkSize(size);
      const parsed = parseHeaders(bytes);
      const { header } = parsed;
      const eighths = parsed.format === 'jpeg' ? chooseEighths(parsed.header, size) : 8;
      const { pixels, decodedPixels } =
        parsed.format === 'jpeg'
          ? shrinkJpeg(bytes, parsed.header, eighths, size, recipe.fit)
          : await shrinkPng(parsed.header, size, recipe.fit);
      return {
        tensor: normalise(pixels, size, header.orientation, recipe),
        info: describe(parsed),
        work: { decodedPixels, eighths, peakWasmBytes: jpeg.memory().peakBytes },
      };
    },
    heldBytes: () => jpeg.memory().heldBytes,
  };
}

async function shrinkPng(header: PngHeader, size: number, fit: Recipe['fit']) {
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
