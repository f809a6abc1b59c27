// build/image.wasm with types, and the life of its instances. An instance works for one picture at a time and its
// memory never shrinks: one is kept, taken out while it works, and dropped when it failed or has grown too large.

import { HeadwaterError } from '../errors/index.ts';
import { limits } from './limits.ts';

/** The exports of lib/image/kernels. Addresses and sizes are bytes, booleans are 0 and 1. */
export interface ImageWasm {
  memory: WebAssembly.Memory;
  allocate(bytes: number): number;
  release(): void;
  beginResize(
    width: number,
    height: number,
    size: number,
    left: number,
    right: number,
    top: number,
    bottom: number,
  ): number;
  needsRow(y: number): number;
  consumeRow(bytes: number, y: number): void;
  consumeRgbaRow(bytes: number, y: number): void;
  row(): number;
  addRow(y: number): void;
  finishResize(
    orientation: number,
    blueFirst: number,
    mean0: number,
    mean1: number,
    mean2: number,
    scale0: number,
    scale1: number,
    scale2: number,
  ): number;
  jpegFileBytes(length: number): number;
  decodeJpeg(
    file: number,
    length: number,
    eighths: number,
    width: number,
    height: number,
    keptRows: number,
  ): number;
  unfilter(type: number, row: number, above: number, length: number, distance: number): number;
}

export interface ImageInstances {
  /** Lends an instance with nothing allocated in it. Calls that overlap get one each. Nothing here points at one that
   *  is lent: that of a request which is cancelled in the middle of its work must be free to go. */
  use<T>(work: (wasm: ImageWasm) => T | Promise<T>): Promise<T>;
  /** Bytes of WASM memory held between calls, and the most that a call has had. */
  memory(): { heldBytes: number; peakBytes: number };
  /** Lets go of what is held between calls. */
  letGo(): void;
}

/** Instances of the compiled build/image.wasm. */
export function createImageInstances(module: WebAssembly.Module): ImageInstances {
  let kept: ImageWasm | undefined;
  let peakBytes = 0;
  const bytesOf = ({ memory }: ImageWasm) => memory.buffer.byteLength;
  const heldBytes = () => (kept ? bytesOf(kept) : 0);
  return {
    async use(work) {
      const wasm = kept ?? (new WebAssembly.Instance(module, {}).exports as unknown as ImageWasm);
      kept = undefined;
      let sound = false;
      try {
        const result = await work(wasm);
        sound = true;
        return result;
      } finally {
        peakBytes = Math.max(peakBytes, heldBytes() + bytesOf(wasm));
        if (sound && bytesOf(wasm) <= limits.maxKeptMemoryBytes) {
          wasm.release();
          kept = wasm;
        }
      }
    },
    memory: () => ({ heldBytes: heldBytes(), peakBytes }),
    letGo() {
      kept = undefined;
    },
  };
}

/** The address of `bytes` new bytes. Throws HeadwaterError `overloaded` if there are none. */
export function allocate(wasm: ImageWasm, bytes: number): number {
  return found(wasm.allocate(bytes));
}

/** An address, or what to say if there is none. */
export function found(address: number): number {
  if (address === 0)
    throw new HeadwaterError(
      'overloaded',
      'There is no memory to decode this image right now. Try again shortly.',
    );
  return address;
}
