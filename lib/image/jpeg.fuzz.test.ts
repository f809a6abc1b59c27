// Damaged JPEGs of every kind: refused or answered at every scale, never with a trap, never beyond the ceiling of
// memory; and at full scale taken exactly when libjpeg takes them without a warning.

import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { damaged, fuzzRuns } from '../../test/support/fuzz.ts';
import { HeadwaterError } from '../errors/index.ts';
import { readJpegHeader } from './jpeg-header.ts';
import type { Eighths } from './jpeg-scale.ts';
import { limits } from './limits.ts';
import { jpegFixture, pillow } from './testing/fixtures-node.ts';
import { type JpegCase, jpegOf, scanOrders } from './testing/jpeg-cases.ts';
import { type JpegReader, loadJpegReader } from './testing/jpeg-node.ts';
import type { TurboDecoder } from './testing/turbo-decoder.ts';
import { loadTurbo } from './testing/turbo-node.ts';

let reader: JpegReader;
let turbo: TurboDecoder;
beforeAll(async () => {
  reader = await loadJpegReader();
  turbo = await loadTurbo();
});

const samplings: JpegCase['sampling'][] = [
  [[1, 1]],
  [
    [2, 2],
    [1, 1],
    [1, 1],
  ],
  [
    [2, 1],
    [1, 1],
    [1, 1],
  ],
  [
    [1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
  ],
];
const files = [
  ...(Object.keys(pillow.jpegs) as (keyof typeof pillow.jpegs)[]).map((name) => jpegFixture(name).file),
  ...samplings.flatMap((sampling, i) =>
    (Object.keys(scanOrders) as JpegCase['kind'][]).map((kind, j) =>
      jpegOf({
        ...{ width: 37, height: 29, sampling, kind, seed: 4 * i + j, skewed: j % 2 === 1 },
        colours: sampling.length === 4 ? 'adobe 2' : 'jfif',
        restartInterval: (i + j) % 3,
      }),
    ),
  ),
];

/** Undefined if the file was taken, else why not. Whatever is thrown besides a refusal, a trap included, fails. */
function refusal(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof HeadwaterError) || error.cause !== undefined) throw error;
    expect(['invalid-image', 'unsupported-image', 'image-too-many-pixels']).toContain(error.type);
    return error.message;
  }
}

const libjpegTakes = (file: Uint8Array) => {
  try {
    turbo.decode(file, readJpegHeader(file), 8, () => {});
    return true;
  } catch {
    return false;
  }
};

it('answers or refuses damaged JPEGs at every scale, as libjpeg does at full scale', () => {
  const counts = { taken: 0, refused: 0, stricter: 0 };
  fc.assert(
    fc.property(damaged(files), (file) => {
      if (refusal(() => readJpegHeader(file))) return;
      const { width, height } = readJpegHeader(file);
      // A wound in the size makes large empty pictures, which only cost time here.
      if (width * height > 1e6) return;
      for (const eighths of [1, 2, 4] as Eighths[]) refusal(() => reader.decode(file, eighths));
      const refused = refusal(() => reader.decode(file, 8));
      expect(reader.memoryBytes()).toBeLessThanOrEqual(limits.maxImageMemoryBytes);
      counts[refused ? 'refused' : 'taken']++;
      if (!refused) expect(libjpegTakes(file)).toBe(true);
      else if (libjpegTakes(file)) counts.stricter++;
    }),
    { numRuns: fuzzRuns(600) },
  );
  console.log('damaged JPEGs:', counts);
  expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(0);
  // It misses up to three lost bytes where it has read ahead, and some lost codes.
  expect(counts.stricter).toBeLessThanOrEqual(5 + counts.refused / 20);
});
