import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Span } from '../../image/resize.ts';
import { resizeNaively } from '../../image/testing/resize-twin.ts';
import { createRng } from '../../linalg/index.ts';
import { drawView, mildAugmentation, type View, wholeView } from './augment.ts';
import { resample } from './resample.ts';

const digest = (n: number) => n.toString(16).padStart(64, '0').replaceAll('0', 'a');

describe('drawView', () => {
  it('is inside the picture, of an area and a shape within bounds', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.nat({ max: 500 }), (seed, picture, variant) => {
        const { left, top, width, height } = drawView(mildAugmentation, seed, digest(picture), variant);
        for (const [start, extent] of [
          [left, width],
          [top, height],
        ] as const) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start + extent).toBeLessThanOrEqual(1 + 1e-12);
        }
        // One side may have been cut to the picture's, so the area may be less than what was drawn.
        expect(width * height).toBeGreaterThan(0.5 * 0.75 - 1e-9);
        expect(width / height).toBeGreaterThanOrEqual(0.75 - 1e-9);
        expect(width / height).toBeLessThanOrEqual(4 / 3 + 1e-9);
      }),
    );
  });

  it('depends on seed, picture and variant, and on nothing else', () => {
    const view = (seed: number, picture: string, variant: number) =>
      JSON.stringify(drawView(mildAugmentation, seed, picture, variant));
    const base = view(1, digest(1), 1);
    expect(view(1, digest(1), 1)).toBe(base);
    expect(
      new Set([base, view(2, digest(1), 1), view(1, digest(1), 2), view(1, `b${digest(1)}`, 1)]).size,
    ).toBe(4);
  });

  it('mirrors half of the views, or none', () => {
    const mirrored = (flip: boolean) =>
      Array.from({ length: 2000 }, (_, i) => drawView({ ...mildAugmentation, flip }, 3, digest(7), i)).filter(
        (view) => view.mirrored,
      ).length;
    expect(mirrored(false)).toBe(0);
    // 4 standard deviations of a binomial count around 1,000.
    expect(Math.abs(mirrored(true) - 1000)).toBeLessThan(90);
  });
});

const pictureOf = (side: number, seed: number) => {
  const rng = createRng(seed);
  return Float32Array.from({ length: side * side * 3 }, () => rng.uniform() - 0.5);
};

describe('resample', () => {
  it('is the antialiased triangle filter of the image pipeline, on a crop', () => {
    const side = 13;
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 200 }), fc.integer({ min: 3, max: 16 }), (seed, variant, size) => {
        const picture = pictureOf(side, seed);
        const view: View = { ...drawView(mildAugmentation, seed, digest(1), variant), mirrored: false };
        const span = (start: number, extent: number): Span => ({
          inSize: side,
          start: start * side,
          end: (start + extent) * side,
        });
        const got = resample(picture, side, view, size);
        for (let channel = 0; channel < 3; channel++) {
          const plane = picture.filter((_, i) => i % 3 === channel);
          const expected = resizeNaively(
            plane,
            span(view.left, view.width),
            span(view.top, view.height),
            size,
          );
          expected.forEach((value, i) => {
            expect(Math.abs(got[i * 3 + channel]! - value)).toBeLessThan(1e-5);
          });
        }
      }),
      { numRuns: 20 },
    );
  });

  it('gives the picture back at its own size, and its mirror', () => {
    const picture = pictureOf(6, 1);
    expect(resample(picture, 6, wholeView, 6)).toEqual(picture);
    const mirror = resample(picture, 6, { ...wholeView, mirrored: true }, 6);
    expect(resample(mirror, 6, { ...wholeView, mirrored: true }, 6)).toEqual(picture);
    expect(mirror.slice(0, 3)).toEqual(picture.slice(15, 18));
  });
});
