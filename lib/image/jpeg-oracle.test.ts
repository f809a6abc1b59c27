// Our JPEG decoder against libjpeg-turbo: the same pixels at full scale, nearly the same at the others, for every
// sampling, order of scans, colour space and restart interval.

import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJpegHeader } from './jpeg-header.ts';
import type { Eighths } from './jpeg-scale.ts';
import { bytes, segment, segmentAt } from './testing/containers-node.ts';
import { haveSampleImages, jpegFixture, sampleImage } from './testing/fixtures-node.ts';
import { type JpegCase, jpegOf, scanOrders } from './testing/jpeg-cases.ts';
import { type JpegReader, loadJpegReader } from './testing/jpeg-node.ts';
import type { TurboDecoder } from './testing/turbo-decoder.ts';
import { loadTurbo } from './testing/turbo-node.ts';
import { jpegRow } from './testing/turbo-rgb.ts';

let reader: JpegReader;
let turbo: TurboDecoder;
beforeAll(async () => {
  reader = await loadJpegReader();
  turbo = await loadTurbo();
});

const scales: Eighths[] = [1, 2, 4, 8];
const kinds = Object.keys(scanOrders) as JpegCase['kind'][];

function oracle(file: Uint8Array, eighths: Eighths): Float32Array {
  const header = readJpegHeader(file);
  return turbo.decode(file, header, eighths, (decoded) => {
    const rows = new Float32Array(3 * decoded.width * decoded.height);
    const pitch = 3 * decoded.width;
    for (let y = 0; y < decoded.height; y++)
      jpegRow(decoded, y, header.adobe, rows.subarray(y * pitch, (y + 1) * pitch));
    return rows;
  });
}

function difference(a: ArrayLike<number>, b: ArrayLike<number>): { worst: number; mean: number } {
  expect(a.length).toBe(b.length);
  let worst = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const each = Math.abs(a[i]! - b[i]!);
    worst = Math.max(worst, each);
    sum += each;
  }
  return { worst, mean: sum / a.length };
}

const factor = fc.integer({ min: 1, max: 4 });
const samplings = fc.oneof(
  fc.constant<[number, number][]>([[1, 1]]),
  fc.tuple(factor, factor).map((first): [number, number][] => [first, [1, 1], [1, 1]]),
  fc.tuple(factor, factor).map((first): [number, number][] => [first, [1, 1], [1, 1], first]),
  fc.array(fc.tuple(factor, factor), { minLength: 3, maxLength: 3 }),
);

const cases: fc.Arbitrary<JpegCase> = samplings.chain((sampling) =>
  fc.record({
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 70 }),
    sampling: fc.constant(sampling),
    colours: fc.constantFrom<JpegCase['colours']>(
      ...(sampling.length === 4
        ? (['plain', 'adobe 0', 'adobe 2'] as const)
        : (['plain', 'jfif', 'rgb by name', 'adobe 0', 'adobe 1'] as const)),
    ),
    kind: fc.constantFrom(...kinds),
    restartInterval: fc.constantFrom(0, 0, 1, 2, 7),
    skewed: fc.boolean(),
    seed: fc.integer(),
  }),
);

/** libjpeg decodes no picture whose samples span a fraction of another's, nor units of more than ten blocks. */
function isTaken({ sampling, kind }: JpegCase): boolean {
  const whole = [0, 1].every((axis) => {
    const most = Math.max(...sampling.map((factors) => factors[axis]!));
    return sampling.every((factors) => most % factors[axis]! === 0);
  });
  const blocks = sampling.reduce((sum, [h, v]) => sum + h * v, 0);
  return whole && (blocks <= 10 || sampling.length === 1 || kind === 'sequential, a scan each');
}

/** Where one component is tall and not wide, libjpeg's enlarging is another. */
const isSameEnlarging = ({ sampling }: JpegCase) => {
  const most = [0, 1].map((axis) => Math.max(...sampling.map((factors) => factors[axis]!)));
  return !sampling.some(([h, v]) => most[0] === h && most[1] === 2 * v);
};

it('decodes the pixels that libjpeg decodes, for every sampling, order of scans and colour space', () => {
  let decoded = 0;
  let refused = 0;
  fc.assert(
    fc.property(cases, (wanted) => {
      const file = jpegOf(wanted);
      if (!isTaken(wanted)) {
        expect(() => oracle(file, 8)).toThrow();
        for (const n of scales) expect(() => reader.decode(file, n)).toThrow('The image cannot be read');
        refused++;
        return;
      }
      decoded++;
      const { worst, mean } = difference(reader.decode(file, 8).rgb, oracle(file, 8));
      // Inks are rounded here.
      const rounding = wanted.sampling.length === 4 ? 0.5 : 0;
      if (isSameEnlarging(wanted)) expect(worst).toBeLessThanOrEqual(rounding + 1e-4);
      else expect(mean).toBeLessThan(12);
    }),
    { numRuns: 400 },
  );
  expect(Math.min(decoded, refused)).toBeGreaterThan(20);
});

it.each([1, 2, 4] as const)('stays near libjpeg at %d/8', (eighths) => {
  fc.assert(
    fc.property(cases.filter(isTaken), (wanted) => {
      const file = jpegOf({ ...wanted, width: 30 + wanted.width, height: 30 + wanted.height });
      // Neighbouring blocks differ by up to 150 levels in colour, so that another way of enlarging shows.
      expect(difference(reader.decode(file, eighths).rgb, oracle(file, eighths)).mean).toBeLessThan(12);
    }),
    { numRuns: 150 },
  );
});

it.each([
  [1, 1],
  [2, 2],
  [4, 4],
] as const)('gives the means of the pixels that a pixel replaces at %d/8', (eighths, side) => {
  const step = 8 / eighths;
  fc.assert(
    fc.property(cases, fc.constantFrom(1, 3), ({ width, height, ...wanted }, components) => {
      // Whole blocks, no clamping by colours, and nothing that the scale cannot hold.
      const file = jpegOf({
        ...wanted,
        ...{ width: 8 * Math.ceil(width / 8), height: 8 * Math.ceil(height / 8), side },
        sampling: Array.from({ length: components }, () => [1, 1]),
        colours: 'rgb by name',
      });
      const full = reader.decode(file, 8);
      const small = reader.decode(file, eighths);
      for (let y = 0; y < small.height; y++)
        for (let i = 0; i < 3 * small.width; i++) {
          const at = (y * step * full.width + Math.floor(i / 3) * step) * 3 + (i % 3);
          let sum = 0;
          for (let dy = 0; dy < step; dy++)
            for (let dx = 0; dx < step; dx++) sum += full.rgb[at + 3 * (dy * full.width + dx)]!;
          const mean = sum / step ** 2;
          // Full pixels are clamped before they are averaged.
          if (mean > 40 && mean < 215)
            expect(Math.abs(small.rgb[y * 3 * small.width + i]! - mean)).toBeLessThan(1.6);
        }
    }),
    { numRuns: 60 },
  );
});

it('decodes a picture in one scan, in several and progressively to the same pixels, at every scale', () => {
  fc.assert(
    fc.property(
      cases.filter((wanted) => isTaken({ ...wanted, kind: 'sequential, one scan' })),
      fc.constantFrom(...scales),
      (wanted, eighths) => {
        const of = (kind: JpegCase['kind']) => reader.decode(jpegOf({ ...wanted, kind }), eighths).rgb;
        const first = of(kinds[0]!);
        for (const kind of kinds.slice(1)) expect(difference(of(kind), first).worst).toBeLessThanOrEqual(1);
      },
    ),
    { numRuns: 100 },
  );
});

it('decodes a frame of Motion JPEG, which has no Huffman tables of its own', () => {
  let { file } = jpegFixture('baseline 4:4:4 with restarts');
  const whole = reader.decode(file, 8);
  while (file.subarray(0, 300).some((byte, i) => byte === 0xff && file[i + 1] === 0xc4)) {
    const at = segmentAt(file, 0xc4);
    file = bytes(file.subarray(0, at), file.subarray(at + 2 + file[at + 2]! * 256 + file[at + 3]!));
  }
  expect(reader.decode(file, 8)).toEqual(whole);
});

/** A grey block, all zero, whose scans name the standard tables: chrominance, and no tables but `defined`. */
function withoutTables(progressive: boolean, ...defined: Uint8Array[]): Uint8Array {
  // Difference zero is 00 in the standard table, end of block 00 too; the rest is padding.
  const scan = (from: number, to: number) => [segment(0xda, [1, 1, 0x11, from, to, 0]), [0b00001111]];
  return bytes(
    [0xff, 0xd8],
    segment(0xdb, [0, ...new Array(64).fill(1)]),
    segment(progressive ? 0xc2 : 0xc0, [8, 0, 8, 0, 8, 1, 1, 0x11, 0]),
    ...defined,
    ...(progressive ? [...scan(0, 0), ...scan(1, 63)] : scan(0, 63)),
    [0xff, 0xd9],
  );
}

it('refuses a progressive picture whose scans need tables that it does not define, as libjpeg does', () => {
  // One code, two zero bits, for symbol 0.
  const [dc, ac] = [0x01, 0x11].map((kind) => segment(0xc4, [kind, 0, 1, ...new Array(14).fill(0), 0])) as [
    Uint8Array,
    Uint8Array,
  ];
  const grey = new Array(3 * 64).fill(128);
  for (const file of [withoutTables(false), withoutTables(true, dc, ac)]) {
    expect([...reader.decode(file, 8).rgb]).toEqual(grey);
    expect([...oracle(file, 8)]).toEqual(grey);
  }
  for (const file of [withoutTables(true), withoutTables(true, dc), withoutTables(true, ac)]) {
    expect(() => reader.decode(file, 8)).toThrow("the JPEG's headers are damaged");
    expect(() => oracle(file, 8)).toThrow('damaged');
  }
});

describe.skipIf(!haveSampleImages)('the sample images in ../shared/data/images', () => {
  it.each([
    'photo-500x375.jpg',
    'exif6-480x640.jpg',
    'grey.jpg',
    'cmyk.jpg',
    'photo-12mp-baseline.jpg',
    'photo-12mp-progressive.jpg',
    'photo-12mp-progressive-444.jpg',
  ])('gives libjpeg’s pixels of %s, and nearly so at the smaller scales', (name) => {
    const file = sampleImage(name);
    for (const eighths of scales) {
      const { worst, mean } = difference(reader.decode(file, eighths).rgb, oracle(file, eighths));
      if (eighths === 8) expect(worst).toBeLessThanOrEqual(name === 'cmyk.jpg' ? 0.501 : 0);
      else expect(mean).toBeLessThan(1.5);
    }
  });
});
