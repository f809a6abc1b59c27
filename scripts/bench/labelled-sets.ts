// Labelled pictures that the bench trains heads on, where they are: photographs, cut-out photographs, drawings.

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { photosIn } from '../../cli/backbone/photos.ts';
import { root } from '../dev/configs.ts';
import type { PhotoFile } from '../teach/photo-folder.ts';

export interface LabelledSet {
  name: string;
  photos: PhotoFile[];
}

const data = resolve(root, '../shared/data');
/** Debian's tuxpaint-stamps-default. */
const stamps = '/usr/share/tuxpaint/stamps';
/** Labels with fewer pictures are left out. */
const leastOfLabel = 20;

/** Every set that is on this machine. `emojiPackage` is an unpacked npm package emoji-datasource-google. */
export function labelledSets(emojiPackage = process.env.HEADWATER_EMOJI): LabelledSet[] {
  const sets = ['hymenoptera', 'cats-dogs'].map((name) => ({
    name,
    photos: ['train', 'val'].flatMap((side) => byFolder(join(data, name, side))),
  }));
  if (emojiPackage) sets.push({ name: 'emoji', photos: emoji(emojiPackage) });
  sets.push({ name: 'tuxpaint stamps', photos: byFolder(stamps) });
  return sets.map(withEnough).filter(({ photos }) => photos.length > 0);
}

/** Pictures by the folder that they lie in or below. */
function byFolder(folder: string): PhotoFile[] {
  if (!existsSync(folder)) return [];
  return photosIn(folder).map((file) => ({ label: file.slice(folder.length + 1).split('/')[0]!, file }));
}

/** Emoji by category, as the package's own list has it. */
function emoji(folder: string): PhotoFile[] {
  const list = JSON.parse(readFileSync(join(folder, 'emoji.json'), 'utf8')) as {
    image: string;
    category: string;
  }[];
  return list
    .map(({ image, category }) => ({ label: category, file: join(folder, 'img/google/64', image) }))
    .filter(({ file }) => existsSync(file));
}

function withEnough({ name, photos }: LabelledSet): LabelledSet {
  const counts = new Map<string, number>();
  for (const { label } of photos) counts.set(label, (counts.get(label) ?? 0) + 1);
  return { name, photos: photos.filter(({ label }) => counts.get(label)! >= leastOfLabel) };
}
