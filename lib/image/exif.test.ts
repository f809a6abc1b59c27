import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exifOrientation } from './exif.ts';
import { exif } from './testing/exif.ts';

it('reads every orientation in both byte orders', () => {
  for (const order of ['II', 'MM'] as const)
    for (let orientation = 1; orientation <= 8; orientation++)
      expect(exifOrientation(exif(orientation, order))).toBe(orientation);
});

it('takes orientations that do not exist, and cut metadata, for upright', () => {
  expect(exifOrientation(exif(0))).toBe(1);
  expect(exifOrientation(exif(9))).toBe(1);
  for (let length = 0; length < 34; length++) expect(exifOrientation(exif(6).subarray(0, length))).toBe(1);
});

it('never fails, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('II', 'MM'), (noise, order) => {
      const bytes = exif(6, order as 'II');
      for (let i = 0; i + 1 < noise.length; i += 2)
        bytes[2 + (noise[i]! % (bytes.length - 2))] = noise[i + 1]!;
      expect(exifOrientation(bytes)).toBeGreaterThanOrEqual(1);
      expect(exifOrientation(bytes)).toBeLessThanOrEqual(8);
    }),
  );
});
