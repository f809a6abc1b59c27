// A reader's folder of folders: each folder in it is a label, every photo below it an example. If there are train/ and
// val/ (or test/), as in many published sets, one is taught and the other judged.

import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isName } from '../../lib/contract/index.ts';

const photoFile = /\.(jpe?g|png|webp)$/i;
const heldBack = ['val', 'valid', 'validation', 'test'];

export interface PhotoFile {
  label: string;
  file: string;
}

export interface PhotoFolder {
  /** Of the folder, as a name for dataset and head. */
  name: string;
  labels: string[];
  taught: PhotoFile[];
  /** Photos that are kept from teaching; empty without such a folder. */
  judged: PhotoFile[];
  /** Files that are no photos by their ending. */
  ignored: number;
}

/** @throws Error with a sentence that says what the folder should look like */
export function readPhotoFolder(path: string): PhotoFolder {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`There is no folder "${path}".`);
  const folders = foldersIn(path);
  const isSplit = folders.includes('train') && foldersIn(join(path, 'train')).length > 1;
  const back = isSplit ? heldBack.find((name) => folders.includes(name)) : undefined;
  const taught = readLabels(isSplit ? join(path, 'train') : path);
  const labels = taught.labels.filter((label) => taught.photos.some((photo) => photo.label === label));
  if (labels.length < 2)
    throw new Error(
      `"${path}" has ${labels.length === 0 ? 'no folder' : 'one folder'} with photos. Make one folder for each label: photos/cat/1.jpg, photos/dog/1.jpg.`,
    );
  const judged = back ? readLabels(join(path, back)).photos : [];
  return {
    name: nameOf(path),
    labels,
    taught: taught.photos,
    judged: judged.filter(({ label }) => labels.includes(label)),
    ignored: taught.ignored,
  };
}

function readLabels(path: string): { labels: string[]; photos: PhotoFile[]; ignored: number } {
  const photos: PhotoFile[] = [];
  let ignored = 0;
  const labels = foldersIn(path).map((folder) => {
    const label = folder.normalize('NFC');
    if (!isName(label))
      throw new Error(
        `The folder "${folder}" cannot be a label: letters, digits, "-", "_", "." and spaces, 64 at most.`,
      );
    for (const entry of readdirSync(join(path, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      if (photoFile.test(entry.name)) photos.push({ label, file: join(entry.parentPath, entry.name) });
      else ignored++;
    }
    return label;
  });
  photos.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { labels, photos, ignored };
}

function foldersIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort();
}

function nameOf(path: string): string {
  const name = basename(path).normalize('NFC');
  return isName(name) ? name : 'photos';
}
