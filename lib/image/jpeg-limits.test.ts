// What decoding a JPEG may cost: memory in proportion to what its scale keeps, work in proportion to its scans.

import { describe, expect, it } from 'vitest';
import { loadImageModule, loadImagePipeline } from './image-node.ts';
import { bytes, segment } from './testing/containers-node.ts';
import { haveSampleImages, plain, sampleImage } from './testing/fixtures-node.ts';
import type { ImageWasm } from './wasm.ts';

const mebi = 1024 * 1024;

describe.skipIf(!haveSampleImages)('12 megapixels from ../shared/data/images', () => {
  // The file itself is 3 to 4.3 MiB of each.
  it.each([
    ['photo-12mp-baseline.jpg', 224, 7],
    ['photo-12mp-baseline.jpg', 112, 7],
    ['photo-12mp-progressive.jpg', 224, 13],
    ['photo-12mp-progressive.jpg', 112, 8],
    ['photo-12mp-progressive-444.jpg', 224, 16],
    ['photo-12mp-progressive-444.jpg', 112, 8],
  ])('takes %s to %d pixels within %d MiB of WebAssembly memory', async (name, size, maxMebibytes) => {
    const pipeline = await loadImagePipeline();
    const { work } = await pipeline.toTensor(sampleImage(name), plain(size));
    expect(work.peakWasmBytes).toBeLessThanOrEqual(maxMebibytes * mebi);
  });
});

/** A progressive picture of 8000 × 6000 in black, then scans of one coefficient each without any data. */
function manyScans(count: number): Uint8Array {
  const ids = [1, 2, 3];
  const blocks = 3 * 1000 * 750;
  const scans = Array.from({ length: count }, (_, i) =>
    segment(0xda, [1, ids[Math.floor(i / 63)]!, 0, 1 + (i % 63), 1 + (i % 63), 0]),
  );
  return bytes(
    [0xff, 0xd8],
    segment(0xdb, [0, ...new Array(64).fill(1)]),
    segment(0xc2, [
      8,
      6000 >> 8,
      6000 & 255,
      8000 >> 8,
      8000 & 255,
      3,
      ...ids.flatMap((id) => [id, 0x11, 0]),
    ]),
    // One code: difference zero is two zero bits.
    segment(0xc4, [0, 0, 1, ...new Array(14).fill(0), 0]),
    segment(0xda, [3, ...ids.flatMap((id) => [id, 0]), 0, 0, 0]),
    new Uint8Array(Math.ceil(blocks / 4)),
    ...scans,
    [0xff, 0xd9],
  );
}

it('stops before the scans of a large picture add up, whatever was checked beforehand', async () => {
  const wasm = new WebAssembly.Instance(await loadImageModule(), {}).exports as unknown as ImageWasm;
  const statusOf = (file: Uint8Array) => {
    wasm.release();
    const rows = wasm.allocate(3 * 1000 * 750);
    const at = wasm.allocate(wasm.jpegFileBytes(file.length));
    new Uint8Array(wasm.memory.buffer).set(file, at);
    return wasm.decodeJpeg(at, file.length, 1, 8000, 6000, rows);
  };
  expect(statusOf(manyScans(9))).toBe(0);
  expect(statusOf(manyScans(10))).toBe(5);
  expect(statusOf(manyScans(180))).toBe(5);
});

it('says that memory is short when the ceiling is reached, and works on', async () => {
  const wasm = new WebAssembly.Instance(await loadImageModule(), {}).exports as unknown as ImageWasm;
  const file = manyScans(0);
  const status = (spare: number) => {
    wasm.release();
    const at = wasm.allocate(wasm.jpegFileBytes(file.length));
    new Uint8Array(wasm.memory.buffer).set(file, at);
    const rows = wasm.allocate(3 * 1000 * 750);
    // Everything else is taken.
    for (let some = 64 * mebi; some >= 1024; some /= 2) while (spare === 0 && wasm.allocate(some) !== 0);
    return wasm.decodeJpeg(at, file.length, 1, 8000, 6000, rows);
  };
  expect(status(0)).toBe(4);
  expect(status(1)).toBe(0);
});
