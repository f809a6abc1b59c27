// From a file to a tensor in three ways that end in the same resize: Headwater's; the library path, libjpeg-turbo at
// the same scale; and a full decode, as people do with @jsquash/jpeg. In whatever runtime compiled the modules.

import { fitSpans } from '../../lib/image/fit.ts';
import { createImagePipeline, type Recipe } from '../../lib/image/index.ts';
import { readJpegHeader } from '../../lib/image/jpeg-header.ts';
import { chooseEighths, type Eighths } from '../../lib/image/jpeg-scale.ts';
import { beginResize, finishResize } from '../../lib/image/resize.ts';
import { createTurboDecoder } from '../../lib/image/testing/turbo-decoder.ts';
import { allocate, createImageInstances } from '../../lib/image/wasm.ts';

export interface Made {
  tensor: Float32Array<ArrayBuffer>;
  /** WebAssembly memory at its peak so far, in bytes; null where a library hides it. */
  wasmBytes: number | null;
}
type Path = (file: Uint8Array, size: number) => Promise<Made>;

export interface ImagePaths {
  headwater: Path;
  /** libjpeg-turbo at the scale that Headwater decodes at. */
  library: Path;
  /** libjpeg-turbo at full size: what the scaled decodes are compared with. */
  libraryFully: Path;
  jsquash: Path;
}

export interface PathModules {
  image: WebAssembly.Module;
  webp: WebAssembly.Module;
  turbo: WebAssembly.Module;
  decodeFully(bytes: ArrayBuffer): Promise<{ data: Uint8ClampedArray; width: number; height: number }>;
}

/** Pixels as the default backbone wants them, at any size. */
const recipe: Recipe = {
  size: 224,
  fit: 'stretch',
  channelOrder: 'rgb',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
};

export function imagePaths({ image, webp, turbo, decodeFully }: PathModules): ImagePaths {
  const pipeline = createImagePipeline({ image, webp });
  const library = createTurboDecoder(turbo);
  const instances = createImageInstances(image);

  /** Rows of bytes, RGB or RGBA, through our resize. */
  const shrink = (
    pixels: Uint8Array | Uint8ClampedArray,
    decoded: { width: number; height: number; channels: number },
    extent: { width: number; height: number },
    size: number,
  ) =>
    instances.use((wasm) => {
      beginResize(wasm, fitSpans(decoded, extent, recipe.fit), size);
      const rowBytes = decoded.width * decoded.channels;
      const row = allocate(wasm, rowBytes);
      const memory = new Uint8Array(wasm.memory.buffer);
      for (let y = 0; y < decoded.height; y++) {
        memory.set(pixels.subarray(rowBytes * y, rowBytes * (y + 1)), row);
        if (decoded.channels === 3) wasm.consumeRow(row, y);
        else wasm.consumeRgbaRow(row, y);
      }
      return finishResize(wasm, size, 1, recipe);
    });

  const throughLibrary = async (file: Uint8Array, size: number, eighths?: Eighths): Promise<Made> => {
    const header = readJpegHeader(file);
    const n = eighths ?? chooseEighths(header, size);
    const extent = { width: (header.width * n) / 8, height: (header.height * n) / 8 };
    // Every row has gone through the resize when this callback returns its promise.
    const tensor = await library.decode(file, header, n, (decoded) =>
      shrink(decoded.pixels, decoded, extent, size),
    );
    return { tensor, wasmBytes: library.memory().peakBytes + instances.memory().peakBytes };
  };

  return {
    async headwater(file, size) {
      const { tensor, work } = await pipeline.toTensor(file, recipe, { size });
      return { tensor, wasmBytes: work.peakWasmBytes };
    },
    library: (file, size) => throughLibrary(file, size),
    libraryFully: (file, size) => throughLibrary(file, size, 8),
    async jsquash(file, size) {
      const decoded = await decodeFully(file.buffer as ArrayBuffer);
      const tensor = await shrink(decoded.data, { ...decoded, channels: 4 }, decoded, size);
      return { tensor, wasmBytes: null };
    },
  };
}
