// A PNG's pixels row by row: inflated by the platform's DecompressionStream, unfiltered, handed on. Two rows
// exist at a time, whatever the size of the picture. Adam7's seven passes come as rows of seven smaller
// pictures, with the place of each of their pixels in the large one.

import { limits } from './limits.ts';
import { inflatedBytes, type PngHeader } from './png-header.ts';
import { invalidImage } from './refuse.ts';
import { allocate, type ImageWasm } from './wasm.ts';

/** A sub-picture: pixel (i, j) of it is pixel (x + i·dx, y + j·dy) of the picture. */
export interface Pass {
  x: number;
  y: number;
  dx: number;
  dy: number;
  width: number;
  height: number;
}

/** Deflate expands up to 1,032 times: small bites keep what a bomb can inflate to at once near 8 MiB. */
const biteBytes = 8192;

/** The passes of a picture, in the order of the file: one, or Adam7's seven without the empty ones. */
function passesOf({ width, height, interlaced }: Pick<PngHeader, 'width' | 'height' | 'interlaced'>): Pass[] {
  if (!interlaced) return [{ x: 0, y: 0, dx: 1, dy: 1, width, height }];
  const adam7 = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const;
  return adam7
    .map(([x, y, dx, dy]) => ({
      ...{ x, y, dx, dy },
      width: Math.ceil((width - x) / dx),
      height: Math.ceil((height - y) / dy),
    }))
    .filter((pass) => pass.width > 0 && pass.height > 0);
}

/** Bytes behind a row that the kernel may read and write. */
const rowSlack = 16;

/** An unfiltered row of a pass, valid during the call that hands it over. */
export interface PngRow {
  bytes: Uint8Array;
  /** Of the same bytes in the module's memory. */
  address: number;
  pass: Pass;
  /** Its number within the pass. */
  number: number;
}

/**
 * Inflates a PNG and calls `onRow` with every row of every pass. Memory must not be allocated meanwhile.
 *
 * @throws HeadwaterError `invalid-image` for damaged, missing or far too much data, `overloaded` if memory does not
 *   suffice
 */
export async function readPngRows(
  wasm: ImageWasm,
  header: PngHeader,
  onRow: (row: PngRow) => void,
): Promise<void> {
  const passes = passesOf(header);
  const bytesPerPixel = Math.max(1, (header.samples * header.bitDepth) >> 3);
  const longest = inflatedBytes(header, header.width, 1);
  // A filter byte, then the row. `previous` is all zeros above the first row of a pass.
  let [current, previous] = [allocate(wasm, longest + rowSlack), allocate(wasm, longest + rowSlack)];
  const memory = new Uint8Array(wasm.memory.buffer);
  memory.fill(0, previous, previous + longest + rowSlack);
  let [passIndex, row, filled, surplus] = [0, 0, 0, 0];

  for await (const piece of inflate(header.data)) {
    for (let at = 0; at < piece.length; ) {
      const pass = passes[passIndex];
      if (!pass) {
        surplus += piece.length - at;
        if (surplus > limits.maxSurplusBytes)
          throw invalidImage('the PNG holds more data than its header says');
        break;
      }
      const rowBytes = inflatedBytes(header, pass.width, 1);
      const taken = Math.min(rowBytes - filled, piece.length - at);
      memory.set(piece.subarray(at, at + taken), current + filled);
      at += taken;
      filled += taken;
      if (filled < rowBytes) break;
      if (!wasm.unfilter(memory[current]!, current + 1, previous + 1, rowBytes - 1, bytesPerPixel))
        throw invalidImage(`row ${row} of the PNG names a filter that does not exist`);
      const bytes = memory.subarray(current + 1, current + rowBytes);
      onRow({ bytes, address: current + 1, pass, number: row });
      [current, previous] = [previous, current];
      filled = 0;
      if (++row === pass.height) {
        row = 0;
        passIndex++;
        memory.fill(0, previous, previous + longest + rowSlack);
      }
    }
  }
  if (passIndex < passes.length) throw invalidImage('the PNG data stops before the last row');
}

/** The zlib stream in `chunks`, inflated piece by piece; its checksum is verified at the end. */
async function* inflate(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  const bites = bitesOf(chunks);
  const source = new ReadableStream<BufferSource>(
    {
      pull(controller) {
        const { value, done } = bites.next();
        if (done) controller.close();
        else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      },
    },
    { highWaterMark: 0 },
  );
  const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader();
  let finished = false;
  try {
    for (;;) {
      const { value, done } = await reader.read().catch((error: unknown) => {
        finished = true;
        throw invalidImage('the compressed data of the PNG is truncated or damaged', error);
      });
      finished ||= done;
      if (done) return;
      yield value;
    }
  } finally {
    // Left early, because a row was refused: stop inflating. A failure to stop has nothing to tell.
    if (!finished) await reader.cancel().catch(() => {});
  }
}

/** The chunks as bites of one size: a step of the stream costs the same for one byte as for thousands, and a file of
 *  nothing but chunks of one byte has more than a million. */
function* bitesOf(chunks: Uint8Array[]): Generator<Uint8Array> {
  let bite = new Uint8Array(biteBytes);
  let filled = 0;
  for (const chunk of chunks)
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(biteBytes - filled, chunk.length - at);
      bite.set(chunk.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < biteBytes) continue;
      yield bite;
      // The stream may still hold the last one.
      bite = new Uint8Array(biteBytes);
      filled = 0;
    }
  if (filled > 0) yield bite.subarray(0, filled);
}
