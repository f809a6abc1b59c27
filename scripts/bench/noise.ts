// Photographs of nothing, from a seed: what a covered lens, a broken sensor or a test card may send.

import { createRng } from '../../lib/linalg/index.ts';
import { rgbPng } from '../demo/png.ts';

export const noiseKinds = ['white', 'grey', 'pink', 'blurred', 'patches', 'clouds'] as const;
export type NoiseKind = (typeof noiseKinds)[number];

const side = 256;

/** One picture of noise as a PNG file. */
export function noise(kind: NoiseKind, seed: number): Uint8Array {
  const rng = createRng(seed);
  const pixels = new Uint8Array(side * side * 3);
  const paint = (at: (pixel: number, channel: number) => number) => {
    for (let i = 0; i < side * side; i++)
      for (let c = 0; c < 3; c++) pixels[3 * i + c] = Math.max(0, Math.min(255, Math.round(at(i, c))));
  };
  if (kind === 'white') paint(() => rng.below(256));
  else if (kind === 'grey') {
    const greys = Array.from({ length: side * side }, () => rng.below(256));
    paint((i) => greys[i]!);
  } else if (kind === 'patches') {
    const cells = 4 << rng.below(4);
    const colours = Array.from({ length: cells * cells * 3 }, () => rng.below(256));
    const cell = (along: number) => Math.floor((along * cells) / side);
    paint((i, c) => colours[3 * (cell(Math.floor(i / side)) * cells + cell(i % side)) + c]!);
  } else {
    const channels = [0, 1, 2].map(() => smooth(kind));
    const shared = kind === 'clouds' ? octaves(0.5, 2, 60) : null;
    paint((i, c) => 128 + channels[c]![i]! + (shared?.[i] ?? 0));
  }
  return rgbPng(pixels, side, side);

  function smooth(kind: 'pink' | 'blurred' | 'clouds'): Float64Array {
    if (kind === 'pink') return octaves(0.7, 2, 40);
    return kind === 'clouds' ? octaves(0.5, 2, 15) : octaves(0, 16, 70);
  }

  /** Random grids, each twice as fine as the last and its contrast `decay` times as strong, laid over each other. */
  function octaves(decay: number, coarsest: number, contrast: number): Float64Array {
    const sum = new Float64Array(side * side);
    for (let cells = coarsest; cells <= side && contrast > 0; cells *= 2, contrast *= decay) {
      const grid = Float64Array.from({ length: (cells + 1) ** 2 }, () => contrast * normal());
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + interpolate(grid, cells, i);
    }
    return sum;
  }

  /** Irwin and Hall: twelve uniforms are nearly a normal. */
  function normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += rng.uniform();
    return sum;
  }
}

/** A grid of [cells + 1, cells + 1] at a pixel, bilinear. */
function interpolate(grid: Float64Array, cells: number, pixel: number): number {
  const y = (Math.floor(pixel / side) * cells) / side;
  const x = ((pixel % side) * cells) / side;
  const [ty, tx] = [y % 1, x % 1];
  const at = Math.floor(y) * (cells + 1) + Math.floor(x);
  const row = (from: number) => (1 - tx) * grid[from]! + tx * grid[from + 1]!;
  return (1 - ty) * row(at) + ty * row(at + cells + 1);
}
