// Files of very many parts, and parts that unpack to very much: work in proportion to the bytes that came, and
// nothing unpacked that is not needed.

import { deflateSync } from 'node:zlib';
import { beforeAll, expect, it, vi } from 'vitest';
import { answersOrRefuses } from '../../test/support/fuzz.ts';
import { loadImagePipeline } from './image-node.ts';
import type { ImagePipeline } from './pipeline.ts';
import * as make from './testing/containers-node.ts';
import { jpegFixture, plain } from './testing/fixtures-node.ts';
import { pngCases, randomPicture } from './testing/png-cases-node.ts';
import { chunk, encodePng } from './testing/png-encoder-node.ts';

const baseline = jpegFixture('baseline 4:2:0').file;
const restarts = jpegFixture('baseline 4:4:4 with restarts').file;
const png = encodePng(randomPicture(pngCases.find(({ colourType }) => colourType === 2)!, 9));
const latin = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const mebi = 1024 * 1024;

let pipeline: ImagePipeline;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
});
const tensorOf = async (file: Uint8Array) => (await pipeline.toTensor(file, plain(5))).tensor;

/** At these sizes only work in proportion to the bytes comes to an end. */
const crowded: [string, () => Uint8Array, Uint8Array][] = [
  ...(
    [
      ['10,000 empty APP segments', () => make.repeated(make.segment(0xe5, []), 10_000)],
      ['3,900,000 comments', () => make.repeated([0xff, 0xfe, 0, 2], 3_900_000)],
      ['15 MiB of full segments', () => make.repeated(make.segment(0xe2, new Uint8Array(65_533)), 240)],
      ['15 MiB of fill bytes', () => make.repeated([0xff], 15 * mebi)],
      ['7,000,000 restart markers before its frame', () => make.repeated([0xff, 0xd3], 7_000_000)],
    ] as const
  ).map(([name, parts]): [string, () => Uint8Array, Uint8Array] => [
    `a JPEG with ${name}`,
    () => make.behindStart(baseline, parts()),
    baseline,
  ]),
  [
    'a PNG with 1,200,000 empty chunks',
    () => make.bytes(png.subarray(0, 33), make.repeated(chunk('tEXt', []), 1_200_000), png.subarray(33)),
    png,
  ],
  [
    'a PNG with 1,200,000 empty IDATs',
    () => make.bytes(png.subarray(0, 33), make.repeated(chunk('IDAT', []), 1_200_000), png.subarray(33)),
    png,
  ],
];
it.each(crowded)('reads %s as without them', async (_, file, alike) => {
  expect(await tensorOf(file())).toEqual(await tensorOf(alike));
});

it('answers or refuses a JPEG whose scan is millions of restart markers', async () => {
  const outcomes = new Set<string>();
  for (const marker of [0xd0, 0xd7, 0x00]) {
    const flood = make.repeated([0xff, marker], 5_000_000);
    const file = make.bytes(restarts.subarray(0, -200), flood, [0xff, 0xd9]);
    outcomes.add(await answersOrRefuses(() => tensorOf(file)));
  }
  expect(outcomes).toContain('refused');
});

/** Sizes of what the PNG's decompressors are given while `work` runs, one list for each of them. */
async function bitesDuring(work: () => Promise<unknown>): Promise<number[][]> {
  const bites: number[][] = [];
  const Real = DecompressionStream;
  vi.stubGlobal(
    'DecompressionStream',
    class {
      readonly writable: WritableStream;
      readonly readable: ReadableStream;
      constructor(format: CompressionFormat) {
        const mine: number[] = [];
        bites.push(mine);
        const counting = new TransformStream<BufferSource, BufferSource>({
          transform(bite, controller) {
            mine.push(bite.byteLength);
            controller.enqueue(bite);
          },
        });
        this.writable = counting.writable;
        this.readable = counting.readable.pipeThrough(new Real(format));
      }
    },
  );
  await work().finally(() => vi.unstubAllGlobals());
  return bites;
}

it('takes a PNG of 100,000 IDAT chunks of one byte in as few steps as one of a single chunk', async () => {
  let state = 1;
  const noise = Uint8Array.from({ length: 100_000 }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return i % 1000 === 0 ? 0 : state >> 16;
  });
  const packed = deflateSync(noise);
  const one = make.pngOf(make.ihdr(333, 100), chunk('IDAT', packed));
  const many = make.pngOf(
    make.ihdr(333, 100),
    Buffer.concat(Array.from(packed, (byte) => chunk('IDAT', [byte]))),
  );
  const steps = await bitesDuring(() => tensorOf(one));
  expect(steps[0]!.length).toBeGreaterThan(5);
  expect(await bitesDuring(() => tensorOf(many))).toEqual(steps);
  expect(await tensorOf(many)).toEqual(await tensorOf(one));
});

it('never unpacks a PNG’s profiles and texts', async () => {
  const packed = deflateSync(Buffer.alloc(64 * mebi));
  const bombs = [
    chunk('iCCP', make.bytes(latin('profile\0\0'), packed)),
    chunk('zTXt', make.bytes(latin('Comment\0\0'), packed)),
    chunk('iTXt', make.bytes(latin('Comment\0\x01\0\0\0'), packed)),
    chunk('iTXt', new Uint8Array(8 * mebi)),
  ];
  const file = make.bytes(png.subarray(0, 33), ...bombs, png.subarray(33));
  const [picture, ...others] = await bitesDuring(async () =>
    expect(await tensorOf(file)).toEqual(await tensorOf(png)),
  );
  expect(picture!.reduce((sum, size) => sum + size)).toBeLessThan(1000);
  expect(others.length).toBe(1);
});
