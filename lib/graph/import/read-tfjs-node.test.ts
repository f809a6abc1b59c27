import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTfjs } from './read-tfjs-node.ts';

describe('readTfjs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tfjs-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const write = (name: string, paths: string[]) =>
    writeFile(join(folder, name), JSON.stringify({ weightsManifest: [{ paths, weights: [] }] }));

  it('joins the weight files in the order of the manifest, from a folder or its model.json', async () => {
    await write('model.json', ['b.bin', './a.bin']);
    await writeFile(join(folder, 'a.bin'), Uint8Array.of(3));
    await writeFile(join(folder, 'b.bin'), Uint8Array.of(1, 2));
    expect((await readTfjs(folder)).weights).toEqual(Uint8Array.of(1, 2, 3));
    expect((await readTfjs(join(folder, 'model.json'))).weights).toEqual(Uint8Array.of(1, 2, 3));
  });

  it.each(['../secret.bin', '/etc/hostname', 'a/../../b'])('refuses the weight path %s', async (path) => {
    await write('bad.json', [path]);
    await expect(readTfjs(join(folder, 'bad.json'))).rejects.toMatchObject({ type: 'invalid-file' });
  });

  it('says which file is missing, and which is no JSON', async () => {
    await write('lost.json', ['lost.bin']);
    await expect(readTfjs(join(folder, 'lost.json'))).rejects.toThrow(/There is no file lost.bin/);
    await expect(readTfjs(join(folder, 'nowhere'))).rejects.toMatchObject({ type: 'not-found' });
    await writeFile(join(folder, 'text.json'), 'hello');
    await expect(readTfjs(join(folder, 'text.json'))).rejects.toThrow(/text.json is not JSON/);
  });
});
