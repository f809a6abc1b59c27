// Our JPEG decoder alone, for tests: whole pictures in RGB, without the resize.

import { loadImageModule } from '../image-node.ts';
import { decodeJpeg } from '../jpeg-decoder.ts';
import { readJpegHeader } from '../jpeg-header.ts';
import { type Eighths, scaledSide } from '../jpeg-scale.ts';
import { allocate, type ImageWasm } from '../wasm.ts';

export interface Rgb {
  width: number;
  height: number;
  /** [height, width, 3] */
  rgb: Uint8Array;
}

export interface JpegReader {
  decode(file: Uint8Array, eighths: Eighths): Rgb;
  /** Bytes of the memory, which only grows. */
  memoryBytes(): number;
}

/** One instance, which is used again after every picture, good or bad. */
export async function loadJpegReader(): Promise<JpegReader> {
  const wasm = new WebAssembly.Instance(await loadImageModule(), {}).exports as unknown as ImageWasm;
  return {
    decode(file, eighths) {
      wasm.release();
      const header = readJpegHeader(file);
      const width = scaledSide(header.width, eighths);
      const height = scaledSide(header.height, eighths);
      const rows = allocate(wasm, 3 * width * height);
      decodeJpeg(wasm, file, header, eighths, rows);
      return { width, height, rgb: new Uint8Array(wasm.memory.buffer, rows, 3 * width * height).slice() };
    },
    memoryBytes: () => wasm.memory.buffer.byteLength,
  };
}
