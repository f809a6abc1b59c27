// A JPEG through kernels/jpeg.as.ts: its rows go straight to the resize that was begun in the same instance.

import type { JpegHeader } from './jpeg-header.ts';
import type { Eighths } from './jpeg-scale.ts';
import { invalidImage } from './refuse.ts';
import { allocate, found, type ImageWasm } from './wasm.ts';

/** What kernels/jpeg-status.as.ts numbers. */
const noMemory = 4;
const reasons: Record<number, string> = {
  1: 'the JPEG data is truncated or damaged',
  2: "the JPEG's headers are damaged",
  3: "the JPEG's headers contradict each other",
  5: 'the scans of the JPEG would take too much work',
};

/**
 * Decodes at N/8, rows of ⌈width · N / 8⌉ RGB pixels.
 *
 * @param keptRows where all rows go, [height, width, 3], instead of to the resize, for tests
 * @throws HeadwaterError `invalid-image` for damaged data, `overloaded` if memory does not suffice
 */
export function decodeJpeg(
  wasm: ImageWasm,
  bytes: Uint8Array,
  { width, height, end }: JpegHeader,
  eighths: Eighths,
  keptRows = 0,
): void {
  const file = allocate(wasm, wasm.jpegFileBytes(end));
  new Uint8Array(wasm.memory.buffer, file, end).set(bytes.subarray(0, end));
  const status = statusOf(() => wasm.decodeJpeg(file, end, eighths, width, height, keptRows));
  if (status === noMemory) found(0);
  if (status !== 0) throw invalidImage(reasons[status] ?? 'the JPEG is damaged');
}

/** A trap would be a fault of ours that a file has found: the file is refused, and the instance dropped. */
function statusOf(decode: () => number): number {
  try {
    return decode();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw invalidImage('the JPEG is damaged', error);
    throw error;
  }
}
