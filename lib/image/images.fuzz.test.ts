import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { answersOrRefuses, damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import webps from './fixtures/webp.json' with { type: 'json' };
import { loadImagePipeline } from './image-node.ts';
import type { ImagePipeline } from './pipeline.ts';
import { probe } from './probe.ts';
import { jpegFixture, pillow, plain } from './testing/fixtures-node.ts';
import { pngCases, randomPicture } from './testing/png-cases-node.ts';
import { chunk, encodePng } from './testing/png-encoder-node.ts';

let pipeline: ImagePipeline;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
});

const formats = {
  JPEG: (Object.keys(pillow.jpegs) as (keyof typeof pillow.jpegs)[]).map((name) => jpegFixture(name).file),
  PNG: pngCases.map((kind) => encodePng(randomPicture(kind, 6))),
  WebP: Object.values(webps.pictures).map(({ file }) => new Uint8Array(Buffer.from(file, 'base64'))),
};

it.each(Object.entries(formats))('answers or refuses damaged files: %s', async (_, files) => {
  const outcomes = { answered: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(damaged(files), async (bytes) => {
      const outcome = await answersOrRefuses(async () => {
        const { tensor } = await pipeline.toTensor(bytes, plain(5));
        expect(tensor.every((value) => value >= -1e-3 && value <= 255.001)).toBe(true);
      });
      outcomes[outcome]++;
    }),
    { numRuns: fuzzRuns(500) },
  );
  expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(0);
});

it('answers or refuses any bytes behind a signature', async () => {
  const signatures = ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'RIFF\x40\0\0\0WEBP', 'GIF89a', ''];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...signatures),
      fc.uint8Array({ maxLength: 300 }),
      async (start, rest) => {
        const bytes = new Uint8Array(Buffer.concat([Buffer.from(start, 'latin1'), rest]));
        expect(await answersOrRefuses(() => probe(bytes))).toBe('refused');
      },
    ),
    { numRuns: fuzzRuns(500) },
  );
});

it('answers or refuses PNGs whose checksums are right and whose contents are not', async () => {
  const bytes = (maxLength: number) => fc.array(fc.nat(255), { maxLength });
  const outcomes = { answered: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.constantFrom(...pngCases), fc.nat(6), fc.nat(6)),
      fc.option(bytes(12)),
      fc.option(bytes(6)),
      fc.array(fc.oneof({ weight: 20, arbitrary: fc.nat(4) }, fc.nat(255)), {
        minLength: 90,
        maxLength: 600,
        size: 'max',
      }),
      async ([{ colourType, bitDepth, interlaced }, width, height], palette, transparency, rows) => {
        const size = [0, 0, 0, width, 0, 0, 0, height];
        const header = [...size, bitDepth, colourType, 0, 0, Number(interlaced)];
        const chunks = [chunk('IHDR', header)];
        if (palette) chunks.push(chunk('PLTE', palette));
        if (transparency) chunks.push(chunk('tRNS', transparency));
        chunks.push(chunk('IDAT', deflateSync(Uint8Array.from(rows))), chunk('IEND', []));
        const file = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
        try {
          const { tensor } = await pipeline.toTensor(new Uint8Array(file), plain(5));
          expect(tensor.every((value) => value >= -1e-3 && value <= 255.001)).toBe(true);
          outcomes.answered++;
        } catch (error) {
          expect(error).toMatchObject({ name: 'HeadwaterError', type: 'invalid-image' });
          outcomes.refused++;
        }
      },
    ),
    { numRuns: fuzzRuns(500) },
  );
  expect(Math.min(outcomes.answered, outcomes.refused)).toBeGreaterThan(20);
});
