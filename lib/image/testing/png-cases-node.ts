// Every kind of PNG, random pictures of it, and what they look like over white.

import { type PngPicture, samplesOf } from './png-encoder-node.ts';

type Kind = Pick<PngPicture, 'colourType' | 'bitDepth' | 'interlaced'>;

const depths = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] } as const;

export const pngCases: Kind[] = ([0, 2, 3, 4, 6] as const).flatMap((colourType) =>
  depths[colourType].flatMap((bitDepth) =>
    [false, true].map((interlaced) => ({ colourType, bitDepth, interlaced })),
  ),
);

/** A square of seeded noise that uses all five filters; palettes have transparent entries. */
export function randomPicture(kind: Kind, size: number): PngPicture {
  let state = 1 + size + 31 * kind.bitDepth + 101 * kind.colourType;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const samples = Array.from({ length: size * size * samplesOf[kind.colourType] }, () =>
    random(2 ** kind.bitDepth),
  );
  const picture: PngPicture = { ...kind, width: size, height: size, samples, filter: (y) => y % 5 };
  if (kind.colourType !== 3) return picture;
  const palette = Array.from({ length: 3 * 2 ** kind.bitDepth }, () => random(256));
  return { ...picture, palette, transparency: [0, 128] };
}

/** RGB over white, 0..255, [height, width, 3]. */
export function reference({ colourType, bitDepth, samples, palette, transparency }: PngPicture): number[] {
  const perPixel = samplesOf[colourType];
  const max = 2 ** bitDepth - 1;
  return Array.from({ length: samples.length / perPixel }, (_, i) => {
    const pixel = Array.from({ length: perPixel }, (_, s) => samples[i * perPixel + s]!);
    let alpha = colourType === 4 || colourType === 6 ? pixel.pop()! / max : 1;
    let rgb = pixel.map((value) => (value / max) * 255);
    if (colourType === 3) {
      alpha = (transparency?.[pixel[0]!] ?? 255) / 255;
      rgb = palette!.slice(3 * pixel[0]!, 3 * pixel[0]! + 3);
    }
    if (rgb.length === 1) rgb = [rgb[0]!, rgb[0]!, rgb[0]!];
    return rgb.map((value) => value * alpha + 255 * (1 - alpha));
  }).flat();
}
