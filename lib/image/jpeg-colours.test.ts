// The ways in which a JPEG stores colour, told apart by Adobe's segment: the same data read as another kind has to
// give what the conversion's formula gives (T.871 for YCbCr; Adobe's technical note 5116 for the transforms).

import { beforeAll, expect, it } from 'vitest';
import { loadImagePipeline } from './image-node.ts';
import { readJpegHeader } from './jpeg-header.ts';
import type { ImagePipeline } from './pipeline.ts';
import { behindStart, bytes, segment, segmentAt, withFrame } from './testing/containers-node.ts';
import { jpegFixture, plain } from './testing/fixtures-node.ts';
import { type JpegReader, loadJpegReader } from './testing/jpeg-node.ts';
import type { TurboDecoder } from './testing/turbo-decoder.ts';
import { loadTurbo } from './testing/turbo-node.ts';

let pipeline: ImagePipeline;
let reader: JpegReader;
let turbo: TurboDecoder;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
  reader = await loadJpegReader();
  turbo = await loadTurbo();
});

/** The file without JFIF's segment or Adobe's, with an Adobe segment of this transform instead. */
function asAdobe(file: Uint8Array, transform: number): Uint8Array {
  const plainer = [0xe0, 0xee].reduce((rest, code) => without(rest, code), file);
  return behindStart(plainer, segment(0xee, [...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]));
}

function without(file: Uint8Array, code: number): Uint8Array {
  if (!file.subarray(0, 60).some((byte, i) => byte === 0xff && file[i + 1] === code)) return file;
  const at = segmentAt(file, code);
  return bytes(file.subarray(0, at), file.subarray(at + 2 + file[at + 2]! * 256 + file[at + 3]!));
}

const inPixels = (values: Uint8Array, channels: number) =>
  Array.from({ length: values.length / channels }, (_, i) => [
    ...values.subarray(i * channels, (i + 1) * channels),
  ]);

/** RGB, [height · width, 3]. */
const rgbOf = (file: Uint8Array) => inPixels(reader.decode(file, 8).rgb, 3);

/** The components as libjpeg reads them, [height · width, channels]; as they are stored if Adobe says so. */
const componentsOf = (file: Uint8Array) =>
  turbo.decode(file, readJpegHeader(file), 8, ({ pixels, channels }) => inPixels(pixels, channels));

const clamp = (value: number) => Math.min(255, Math.max(0, value));
const toRgb = ([y, cb, cr]: number[]) => [
  clamp(y! + 1.402 * (cr! - 128)),
  clamp(y! - 0.344136 * (cb! - 128) - 0.714136 * (cr! - 128)),
  clamp(y! + 1.772 * (cb! - 128)),
];

function expectClose(actual: number[][], expected: number[][]): void {
  expect(actual.length).toBe(expected.length);
  const worst = Math.max(
    ...actual.flatMap((pixel, i) => pixel.map((v, c) => Math.abs(v - expected[i]![c]!))),
  );
  expect(worst).toBeLessThanOrEqual(1);
}

it('reads an RGB JPEG of Adobe without converting it', () => {
  const { file } = jpegFixture('baseline 4:4:4 with restarts');
  const stored = rgbOf(asAdobe(file, 0));
  expect(stored).toEqual(componentsOf(asAdobe(file, 0)));
  expect(rgbOf(asAdobe(file, 1))).toEqual(rgbOf(file));
  expect(stored).not.toEqual(rgbOf(file));
  expectClose(rgbOf(file), stored.map(toRgb));
});

it('reads a YCCK JPEG: three planes are converted and inverted, black is as it is', () => {
  const { file } = jpegFixture('CMYK');
  const stored = componentsOf(asAdobe(file, 0));
  const expected = stored.map((pixel) => toRgb(pixel).map((value) => ((255 - value) * pixel[3]!) / 255));
  expectClose(rgbOf(asAdobe(file, 2)), expected);
});

it('takes CMYK without Adobe’s segment for what it says, and with it for inverted', () => {
  const { file } = jpegFixture('CMYK');
  const stored = componentsOf(asAdobe(file, 0));
  expectClose(
    rgbOf(asAdobe(file, 0)),
    stored.map(([c, m, y, k]) => [c!, m!, y!].map((ink) => (ink * k!) / 255)),
  );
  expectClose(
    rgbOf(without(file, 0xee)),
    stored.map(([c, m, y, k]) => [c!, m!, y!].map((ink) => ((255 - ink) * (255 - k!)) / 255)),
  );
});

it('reads a grey JPEG with a colour profile, sound or nonsense, as without one', async () => {
  const { file } = jpegFixture('greyscale');
  const { tensor } = await pipeline.toTensor(file, plain(4));
  const profile = (data: number[]) => segment(0xe2, [...Buffer.from('ICC_PROFILE\0'), ...data]);
  for (const data of [
    [],
    [1, 1, ...new Array(600).fill(0x20)],
    [255, 0, 1],
    [9, 3, ...new Array(65_000).fill(255)],
  ])
    expect((await pipeline.toTensor(behindStart(file, profile(data)), plain(4))).tensor).toEqual(tensor);
});

it.each([2, 5, 255])('refuses a JPEG of %d components', async (components) => {
  const { file } = jpegFixture('greyscale');
  const frame = [8, 0, 13, 0, 19, components, ...new Array(3 * components).fill(0x11)];
  const at = segmentAt(file, 0xc0);
  const other = bytes(file.subarray(0, at), segment(0xc0, frame), file.subarray(at + 2 + file[at + 3]!));
  await expect(pipeline.toTensor(other, plain(4))).rejects.toMatchObject({ type: 'unsupported-image' });
});

it('refuses a JPEG whose frame has more or fewer components than its length says', async () => {
  const { file } = jpegFixture('greyscale');
  for (const components of [0, 3, 4])
    await expect(pipeline.toTensor(withFrame(file, 9, components), plain(4))).rejects.toMatchObject({
      type: 'invalid-image',
    });
});
