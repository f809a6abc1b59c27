// Every orientation in every format that can tell of one, and metadata that is broken: never a reason to refuse.

import { beforeAll, describe, expect, it } from 'vitest';
import webps from './fixtures/webp.json' with { type: 'json' };
import { loadImagePipeline } from './image-node.ts';
import type { ImagePipeline } from './pipeline.ts';
import { behindStart, segment, vp8x, webpChunk, webpOf } from './testing/containers-node.ts';
import { exif } from './testing/exif.ts';
import { jpegFixture, pillow, plain } from './testing/fixtures-node.ts';
import { pngCases, randomPicture } from './testing/png-cases-node.ts';
import { encodePng } from './testing/png-encoder-node.ts';

let pipeline: ImagePipeline;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
});
const tensorOf = async (file: Uint8Array) => [...(await pipeline.toTensor(file, plain(3))).tensor];

const prefix = Buffer.from('Exif\0\0');
const app1 = (tiff: Uint8Array) => segment(0xe1, [...prefix, ...tiff]);
const jpeg = jpegFixture('baseline 4:4:4 with restarts').file;
const picture = randomPicture(pngCases.find(({ colourType }) => colourType === 6)!, 7);
const { file, width, height } = webps.pictures.lossless;
const still = new Uint8Array(Buffer.from(file, 'base64')).subarray(12);

/** A format → the file with this metadata, or with none. */
const formats: Record<string, (tiff?: Uint8Array) => Uint8Array> = {
  JPEG: (tiff) => (tiff ? behindStart(jpeg, app1(tiff)) : jpeg),
  PNG: (tiff) => encodePng({ ...picture, ...(tiff && { exif: tiff }) }),
  WebP: (tiff) => (tiff ? webpOf(vp8x(8, width, height), still, webpChunk('EXIF', tiff)) : webpOf(still)),
  "WebP with JPEG's prefix": (tiff) =>
    tiff ? webpOf(vp8x(8, width, height), still, webpChunk('EXIF', [...prefix, ...tiff])) : webpOf(still),
};

/** A TIFF structure with bytes changed: [offset, byte][]. It is big-endian, its orientation's entry begins at 22. */
function changed(...changes: [number, number][]): Uint8Array {
  const tiff = exif(6);
  for (const [at, byte] of changes) tiff[at] = byte;
  return tiff;
}

const broken: [string, Uint8Array][] = [
  ['nothing', new Uint8Array()],
  ['another byte order', changed([0, 0x4a])],
  ['byte orders that disagree', changed([0, 0x49], [1, 0x49])],
  ['another number than 42', changed([3, 43])],
  ['a directory beyond its end', changed([6, 0xff])],
  ['a directory at 2^32 − 1', changed([4, 0xff], [5, 0xff], [6, 0xff], [7, 0xff])],
  ['a directory that is its own header', changed([7, 0])],
  ['no entries', changed([9, 0])],
  ['the orientation 0', exif(0)],
  ['the orientation 9', exif(9)],
  ['the orientation 262', changed([30, 1])],
  ['an orientation that is text', changed([25, 2])],
  ['an orientation that is a long', changed([25, 4])],
  [
    'a first orientation that is wrong',
    Uint8Array.from([...exif(9).subarray(0, 8), 0, 2, ...exif(9).subarray(22, 34), ...exif(6).subarray(22)]),
  ],
  ['half of its entry', exif(6).subarray(0, 30)],
];

/** Broken in ways that leave the orientation where it was. */
const dented: [string, Uint8Array][] = [
  ['65,535 entries', changed([8, 0xff], [9, 0xff])],
  ['a next directory that is the same again', changed([37, 8])],
  ['64 KB behind it', Uint8Array.from([...exif(6), ...new Uint8Array(60_000)])],
];

describe.each(Object.entries(formats))('%s', (_, withTiff) => {
  it.each(['II', 'MM'] as const)('is turned upright by every orientation, %s', async (order) => {
    const stored = await tensorOf(withTiff());
    for (const [orientation, places] of Object.entries(pillow.orientations))
      expect(await tensorOf(withTiff(exif(Number(orientation), order))), orientation).toEqual(
        places.flatMap((at) => stored.slice(3 * at, 3 * at + 3)),
      );
  });

  it.each(broken)('with %s for metadata is upright as it is', async (_, tiff) => {
    expect(await tensorOf(withTiff(tiff))).toEqual(await tensorOf(withTiff()));
  });

  it.each(dented)('with %s is still turned', async (_, tiff) => {
    expect(await tensorOf(withTiff(tiff))).toEqual(await tensorOf(withTiff(exif(6))));
    expect(await tensorOf(withTiff(tiff))).not.toEqual(await tensorOf(withTiff()));
  });
});

it('the first of two Exif segments counts, even if it is broken; XMP before it is passed over', async () => {
  const turned = await tensorOf(formats.JPEG!(exif(6)));
  const xmp = segment(0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation="3"/>'));
  expect(await tensorOf(behindStart(jpeg, xmp, app1(exif(6)), app1(exif(3))))).toEqual(turned);
  expect(await tensorOf(behindStart(jpeg, app1(exif(9)), app1(exif(6))))).toEqual(await tensorOf(jpeg));
});
