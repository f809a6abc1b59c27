// The oracle of our JPEG decoder: libjpeg-turbo as WebAssembly (the .wasm of @cwasm/jpeg-turbo), with a loader of our
// own because that package's JavaScript needs a file system. One instance is kept; it is dropped whenever its state or its size
// is in doubt, since WASM memory never shrinks.

import { HeadwaterError } from '../../errors/index.ts';
import type { JpegHeader } from '../jpeg-header.ts';
import { type Eighths, scaledSide } from '../jpeg-scale.ts';
import { invalidImage } from '../refuse.ts';
import { takeWarning } from './turbo-warning.ts';

/** The exports of jpeg-turbo.wasm that are used: the TurboJPEG 2 interface. */
interface TurboJpeg {
  memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  free(pointer: number): void;
  tjInitDecompress(): number;
  tjDestroy(handle: number): number;
  tjDecompressHeader3(
    handle: number,
    data: number,
    bytes: number,
    width: number,
    height: number,
    subsampling: number,
    colourspace: number,
  ): number;
  tjDecompress2(
    handle: number,
    data: number,
    bytes: number,
    out: number,
    width: number,
    pitch: number,
    height: number,
    format: number,
    flags: number,
  ): number;
}

interface Instance {
  turbo: TurboJpeg;
  /** Where the heap begins, in bytes. */
  staticBytes: number;
}

/** TurboJPEG's pixel formats by the number of components in the file. */
const pixelFormat = { 1: 6 /* TJPF_GRAY */, 3: 0 /* TJPF_RGB */, 4: 11 /* TJPF_CMYK */ };

/** An instance whose memory has grown beyond this is dropped after use (bytes). */
const keptMemoryBytes = 16 * 1024 * 1024;

/** A decoded picture, [height, width, channels], in WASM memory: valid only during the callback. */
export interface DecodedJpeg {
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  pixels: Uint8Array;
}

export interface TurboDecoder {
  /**
   * Decodes at N/8 and hands the pixels to `use`. Synchronous, so that calls never overlap.
   *
   * @throws HeadwaterError `invalid-image` for damaged data, `overloaded` if memory does not suffice
   */
  decode<T>(bytes: Uint8Array, header: JpegHeader, eighths: Eighths, use: (decoded: DecodedJpeg) => T): T;
  /** Bytes of WASM memory held between calls, and the most that a call has had. */
  memory(): { heldBytes: number; peakBytes: number };
}

/** A decoder over the compiled jpeg-turbo.wasm. */
export function createTurboDecoder(module: WebAssembly.Module): TurboDecoder {
  let kept: Instance | undefined;
  let peakBytes = 0;
  return {
    decode(bytes, header, eighths, use) {
      // Taken out while it works, so that an instance that trapped is gone.
      const instance = kept ?? instantiate(module);
      kept = undefined;
      const { memory } = instance.turbo;
      const done = () => {
        if (memory.buffer.byteLength <= keptMemoryBytes) kept = instance;
      };
      try {
        return decodeWith(instance, bytes.subarray(0, header.end), header, eighths, use, done);
      } catch (error) {
        const refused = error instanceof LibjpegError || error instanceof WebAssembly.RuntimeError;
        throw refused ? invalidImage('the JPEG data is damaged', error) : error;
      } finally {
        peakBytes = Math.max(peakBytes, memory.buffer.byteLength);
      }
    },
    memory: () => ({ heldBytes: kept?.turbo.memory.buffer.byteLength ?? 0, peakBytes }),
  };
}

/** `done` is called once everything is freed and the instance may be used again; a trap skips it. */
function decodeWith<T>(
  { turbo, staticBytes }: Instance,
  file: Uint8Array,
  header: JpegHeader,
  eighths: Eighths,
  use: (decoded: DecodedJpeg) => T,
  done: () => void,
): T {
  const { channels } = header;
  const width = scaledSide(header.width, eighths);
  const height = scaledSide(header.height, eighths);
  const input = allocate(turbo, file.length);
  const sizes = allocate(turbo, 16);
  const output = allocate(turbo, width * height * channels);
  const handle = turbo.tjInitDecompress();
  if (handle === 0) throw outOfMemory();
  new Uint8Array(turbo.memory.buffer, input, file.length).set(file);

  // libjpeg must see the picture that was checked; its answer about subsampling is of no interest.
  new Uint32Array(turbo.memory.buffer, sizes, 4).fill(0);
  turbo.tjDecompressHeader3(handle, input, file.length, sizes, sizes + 4, sizes + 8, sizes + 12);
  const [seenWidth, seenHeight] = new Uint32Array(turbo.memory.buffer, sizes, 2);
  if (seenWidth !== header.width || seenHeight !== header.height)
    throw invalidImage("the JPEG's headers contradict each other");

  const pitch = width * channels;
  const format = pixelFormat[channels];
  const status = turbo.tjDecompress2(handle, input, file.length, output, width, pitch, height, format, 0);
  const warning = status === 0 ? '' : takeWarning(turbo.memory, staticBytes);
  const release = () => {
    for (const pointer of [input, sizes, output]) turbo.free(pointer);
    turbo.tjDestroy(handle);
    done();
  };
  if (status !== 0 && !isHarmless(warning)) {
    release();
    throw invalidImage('the JPEG data is truncated or damaged');
  }
  // `use` is ours and pure; if it throws, the instance is lost, which costs a millisecond.
  const pixels = new Uint8Array(turbo.memory.buffer, output, width * height * channels);
  const result = use({ width, height, channels, pixels });
  release();
  return result;
}

/**
 * Some phones write padding between the data and the end marker. libjpeg tells of its first warning only, but
 * after this one nothing can go wrong: all scans have been read when the end marker is looked for.
 */
function isHarmless(warning: string): boolean {
  return /^Corrupt JPEG data: \d+ extraneous bytes before marker 0xd9$/.test(warning);
}

function allocate(turbo: TurboJpeg, bytes: number): number {
  const pointer = turbo.malloc(bytes);
  if (pointer === 0) throw outOfMemory();
  return pointer;
}

function outOfMemory() {
  return new HeadwaterError(
    'overloaded',
    'There is no memory to decode this image right now. Try again shortly.',
  );
}

/** What libjpeg calls fatal. */
class LibjpegError extends Error {}

/** libjpeg reports fatal errors by longjmp, which WASM of this kind lacks: it becomes an exception, a trap. */
function instantiate(module: WebAssembly.Module): Instance {
  let memory: WebAssembly.Memory | undefined;
  const fail = (what: string) => () => {
    throw new LibjpegError(what);
  };
  const instance = new WebAssembly.Instance(module, {
    env: { setjmp: () => 0, longjmp: fail('libjpeg gave up') },
    wasi_snapshot_preview1: {
      // libjpeg asks for JPEGMEM: the environment is empty.
      environ_sizes_get(count: number, size: number) {
        if (memory) {
          const view = new DataView(memory.buffer);
          view.setUint32(count, 0, true);
          view.setUint32(size, 0, true);
        }
        return 0;
      },
      environ_get: () => 0,
      proc_exit: fail('libjpeg exited'),
      fd_close: () => 0,
      fd_seek: () => 0,
      fd_write: () => 0,
    },
  });
  const turbo = instance.exports as unknown as TurboJpeg;
  memory = turbo.memory;
  const staticBytes = turbo.malloc(16);
  turbo.free(staticBytes);
  return { turbo, staticBytes };
}
