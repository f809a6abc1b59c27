// libwebp as WebAssembly (the .wasm of @cwasm/webp), with a loader of our own because that package's JavaScript needs
// a file system. It decodes whole pictures only, so the header's limits decide how much memory that may take. One
// instance is kept, and dropped whenever its state or its size is in doubt, since WASM memory never shrinks.

import { HeadwaterError } from '../errors/index.ts';
import { limits } from './limits.ts';
import { invalidImage } from './refuse.ts';
import type { WebpHeader } from './webp-header.ts';

interface LibWebp {
  memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(pointer: number): void;
  /** RGBA of a still picture, or 0. */
  WebPDecodeRGBA(data: number, bytes: number, width: number, height: number): number;
}

export interface WebpDecoder {
  /**
   * Decodes and hands the pixels, RGBA [height, width, 4] with alpha not multiplied in, to `use`: valid only during
   * the call. Synchronous, so that calls never overlap.
   *
   * @throws HeadwaterError `invalid-image` for damaged data, `overloaded` if memory does not suffice
   */
  decode<T>(bytes: Uint8Array, header: WebpHeader, use: (rgba: Uint8Array) => T): T;
  /** Bytes of WASM memory held between calls, and the most that a call has had. */
  memory(): { heldBytes: number; peakBytes: number };
  /** Lets go of what is held between calls. */
  letGo(): void;
}

/** A decoder over the compiled webp.wasm. */
export function createWebpDecoder(module: WebAssembly.Module): WebpDecoder {
  let kept: LibWebp | undefined;
  let peakBytes = 0;
  return {
    decode(bytes, header, use) {
      // Taken out while it works, so that an instance that trapped is gone.
      const webp = kept ?? instantiate(module);
      kept = undefined;
      try {
        const result = decodeWith(webp, bytes.subarray(0, header.end), header, use);
        if (webp.memory.buffer.byteLength <= limits.maxKeptMemoryBytes) kept = webp;
        return result;
      } catch (error) {
        throw error instanceof WebAssembly.RuntimeError ? damaged(error) : error;
      } finally {
        peakBytes = Math.max(peakBytes, webp.memory.buffer.byteLength);
      }
    },
    memory: () => ({ heldBytes: kept?.memory.buffer.byteLength ?? 0, peakBytes }),
    letGo() {
      kept = undefined;
    },
  };
}

function decodeWith<T>(
  webp: LibWebp,
  file: Uint8Array,
  { width, height }: WebpHeader,
  use: (rgba: Uint8Array) => T,
): T {
  const input = allocate(webp, file.length);
  const sizes = allocate(webp, 8);
  new Uint8Array(webp.memory.buffer, input, file.length).set(file);
  const output = webp.WebPDecodeRGBA(input, file.length, sizes, sizes + 4);
  webp.free(input);
  const [seenWidth, seenHeight] = new Uint32Array(webp.memory.buffer, sizes, 2);
  webp.free(sizes);
  if (output === 0) throw damaged();
  // libwebp must have seen the picture that was checked.
  if (seenWidth !== width || seenHeight !== height) throw damaged();
  const result = use(new Uint8Array(webp.memory.buffer, output, 4 * width * height));
  webp.free(output);
  return result;
}

function allocate(webp: LibWebp, bytes: number): number {
  const pointer = webp.malloc(bytes);
  if (pointer === 0)
    throw new HeadwaterError(
      'overloaded',
      'There is no memory to decode this image right now. Try again shortly.',
    );
  return pointer;
}

function instantiate(module: WebAssembly.Module): LibWebp {
  const none = () => 0;
  const instance = new WebAssembly.Instance(module, {
    wasi_snapshot_preview1: { fd_close: none, fd_seek: none, fd_write: none },
  });
  return instance.exports as unknown as LibWebp;
}

const damaged = (cause?: unknown) =>
  invalidImage('the WebP data is truncated, damaged or needs too much memory', cause);
