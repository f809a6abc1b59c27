// The ants and bees of ../shared/data, where they are.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { root } from '../../scripts/dev/configs.ts';

export const sharedFolder = resolve(root, '../shared');
const folder = resolve(sharedFolder, 'data/hymenoptera');

export const hasHymenoptera = existsSync(folder);
export const labels = ['ants', 'bees'];

export interface Photo {
  label: string;
  bytes: Uint8Array;
}

/** Every photograph of one split, ants first, by file name. */
export function photos(split: 'train' | 'val'): Photo[] {
  return labels.flatMap((label) =>
    readdirSync(resolve(folder, split, label))
      .sort()
      .map((file) => ({ label, bytes: readFileSync(resolve(folder, split, label, file)) })),
  );
}
