// How far a scaled decode moves pixels: mean difference to the full decode with the same resize, in levels of 255.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJpegHeader } from '../../lib/image/jpeg-header.ts';
import { chooseEighths } from '../../lib/image/jpeg-scale.ts';
import { sampleImage } from '../../lib/image/testing/fixtures-node.ts';
import { root } from '../dev/configs.ts';
import type { ImagePaths } from './image-paths.ts';
import { median, table } from './report.ts';

const photographs = 100;

/** A scale, and the target as a share of the largest one for which that scale is chosen. */
const targets = [
  [4, 0.75, 'typical target'],
  [4, 1, 'largest target'],
  [8, 0.75, 'typical target'],
  [8, 1, 'largest target'],
] as const;

/** @returns a table and what it shows, in words */
export async function fidelity(
  paths: Pick<ImagePaths, 'headwater' | 'library' | 'libraryFully'>,
): Promise<string> {
  const files = photos();
  const rows: string[][] = [];
  for (const [divisor, share, words] of targets) {
    const ours: number[] = [];
    const library: number[] = [];
    for (const file of files) {
      const header = readJpegHeader(file);
      const size = Math.floor((Math.min(header.width, header.height) / divisor / 2) * share);
      if (chooseEighths(header, size) !== 8 / divisor) continue;
      const { tensor } = await paths.libraryFully(file, size);
      ours.push(meanDifference((await paths.headwater(file, size)).tensor, tensor));
      library.push(meanDifference((await paths.library(file, size)).tensor, tensor));
    }
    rows.push([`${ours.length} photographs at 1/${divisor}, ${words}`, figures(ours), figures(library)]);
  }
  for (const name of ['baseline', 'progressive', 'progressive-444'])
    for (const size of [224, 189]) {
      const file = sampleImage(`photo-12mp-${name}.jpg`);
      const { tensor } = await paths.libraryFully(file, size);
      rows.push([
        `12 MP ${name} to ${size}`,
        meanDifference((await paths.headwater(file, size)).tensor, tensor).toFixed(2),
        meanDifference((await paths.library(file, size)).tensor, tensor).toFixed(2),
      ]);
    }
  const head = ['', 'Headwater', 'libjpeg-turbo at the same scale'];
  return `Mean difference to the full decode by libjpeg-turbo with the same resize, levels of 255: mean, median and worst of the photographs, to the largest square for which the scale is chosen, and to three quarters of it, the middle of those:\n\n${table(head, rows)}`;
}

/** Ants, bees, cats and dogs in turn, those that are there. */
function photos(): Uint8Array[] {
  const folders = [
    'hymenoptera/train/ants',
    'hymenoptera/train/bees',
    'cats-dogs/train/cat',
    'cats-dogs/train/dog',
  ]
    .map((folder) => join(root, '../shared/data', folder))
    .filter((folder) => existsSync(folder));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.jpg'))
      .slice(0, photographs / folders.length)
      .map((name) => new Uint8Array(readFileSync(join(folder, name)))),
  );
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

function figures(values: number[]): string {
  if (values.length === 0) return '–';
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return `${mean.toFixed(2)}; ${median(values).toFixed(2)}; ${Math.max(...values).toFixed(2)}`;
}
