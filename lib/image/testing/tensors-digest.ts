// What the pipeline makes of a picture of every kind, as one digest: the same on every machine and in every runtime.

import { crc32 } from '../crc32.ts';
import pillow from '../fixtures/pillow.json' with { type: 'json' };
import webps from '../fixtures/webp.json' with { type: 'json' };
import type { ImagePipeline, Recipe } from '../index.ts';

export const tensorsDigest = '8309550d69977c733107a02586a3315c05351cc487c6f635e637624bdbaad9c8';

const recipe: Recipe = {
  size: 7,
  fit: 'cover',
  channelOrder: 'bgr',
  mean: [103.9, 116.8, 123.7],
  scale: [0.017, 0.018, 0.0171],
};

/** Computes {@link tensorsDigest}: every picture at two sizes, so that JPEGs are decoded at several scales. */
export async function digestOfTensors(pipeline: ImagePipeline): Promise<string> {
  const files = [...Object.values(pillow.jpegs), ...Object.values(webps.pictures)].map(({ file }) =>
    Uint8Array.from(atob(file), (character) => character.charCodeAt(0)),
  );
  for (const [bitDepth, colourType, rowBytes] of pngKinds)
    files.push(await noisePng(bitDepth, colourType, rowBytes));
  const tensors: BlobPart[] = [];
  for (const file of files)
    for (const size of [1, 2, 3, recipe.size])
      tensors.push((await pipeline.toTensor(file, recipe, { size })).tensor);
  const digest = await crypto.subtle.digest('SHA-256', await new Blob(tensors).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const width = 21;
const height = 17;
/** Bit depth, colour type, bytes of a row. */
const pngKinds = [
  [8, 0, width],
  [16, 0, 2 * width],
  [8, 2, 3 * width],
  [16, 2, 6 * width],
  [8, 4, 2 * width],
  [8, 6, 4 * width],
] as const;

/** A PNG whose rows are noise under all five filters: whatever it shows, every decoder has to see the same. */
async function noisePng(bitDepth: number, colourType: number, rowBytes: number) {
  let state = 1 + bitDepth + 31 * colourType;
  const rows = Uint8Array.from({ length: height * (1 + rowBytes) }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return i % (1 + rowBytes) === 0 ? (i / (1 + rowBytes)) % 5 : state >>> 16;
  });
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate'));
  const header = [0, 0, 0, width, 0, 0, 0, height, bitDepth, colourType, 0, 0, 0];
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', header),
    ...chunk('IDAT', new Uint8Array(await new Response(packed).arrayBuffer())),
    ...chunk('IEND', []),
  ]);
}

function chunk(type: string, data: Iterable<number>): number[] {
  const body = Uint8Array.from([...new TextEncoder().encode(type), ...data]);
  return [...bigEndian(body.length - 4), ...body, ...bigEndian(crc32(body))];
}

const bigEndian = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
