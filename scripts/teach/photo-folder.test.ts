import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readPhotoFolder } from './photo-folder.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder "my pets" with these files in it. */
function folderOf(...files: string[]): string {
  const parent = mkdtempSync(join(tmpdir(), 'headwater-photos-'));
  made.push(parent);
  const folder = join(parent, 'my pets');
  mkdirSync(folder);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return folder;
}

describe('a folder of folders', () => {
  it('is read as labels and photos, however deep they lie', () => {
    const folder = folderOf('cat/1.jpg', 'cat/2024/2.JPEG', 'dog/a.png', 'dog/b.webp', 'notes.txt');
    const read = readPhotoFolder(folder);
    expect(read).toMatchObject({ name: 'my pets', labels: ['cat', 'dog'], judged: [], ignored: 0 });
    expect(read.taught.map(({ label }) => label)).toEqual(['cat', 'cat', 'dog', 'dog']);
  });

  it('leaves alone what is no photo, and what is hidden', () => {
    const read = readPhotoFolder(folderOf('a/1.jpg', 'a/.DS_Store', 'a/clip.mov', 'b/1.jpg', '.git/x.jpg'));
    expect(read).toMatchObject({ labels: ['a', 'b'], ignored: 1 });
    expect(read.taught).toHaveLength(2);
  });

  it('keeps val/ from what is taught', () => {
    const read = readPhotoFolder(folderOf('train/a/1.jpg', 'train/b/1.jpg', 'val/a/2.jpg', 'val/c/3.jpg'));
    expect(read.labels).toEqual(['a', 'b']);
    expect(read.taught).toHaveLength(2);
    // A label that was never taught cannot be answered.
    expect(read.judged.map(({ label }) => label)).toEqual(['a']);
  });

  it('takes a label that happens to be called train', () => {
    expect(readPhotoFolder(folderOf('train/1.jpg', 'bus/1.jpg')).labels).toEqual(['bus', 'train']);
  });

  it.each([
    [['cat/1.jpg'], 'one folder'],
    [['1.jpg', '2.jpg'], 'no folder'],
    [['cat/1.jpg', 'a=b/1.jpg'], 'cannot be a label'],
  ])('is refused with what it should look like: %j', (files, words) => {
    expect(() => readPhotoFolder(folderOf(...files))).toThrow(words);
  });

  it('is refused when it is not there', () => {
    expect(() => readPhotoFolder('/nowhere/at/all')).toThrow('There is no folder');
  });
});
