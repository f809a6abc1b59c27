// `npm start -- --teach`: what happens to the reader's folder, on a running instance.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readDigits } from '../../scripts/demo/digits.ts';
import { readPhotoFolder } from '../../scripts/teach/photo-folder.ts';
import { teachFolder } from '../../scripts/teach/teach-folder.ts';
import { useInstance } from '../support/instance.ts';

describe('a folder of photos', () => {
  const hw = useInstance();
  const folder = mkdtempSync(join(tmpdir(), 'headwater-folder-'));

  beforeAll(() => {
    for (const [split, from, each] of [
      ['train', 0, 12],
      ['val', 500, 5],
    ] as const)
      for (const [i, { label, png }] of readDigits(from, each).entries()) {
        if (label > '2') continue;
        mkdirSync(join(folder, split, label), { recursive: true });
        writeFileSync(join(folder, split, label, `${i}.png`), png);
      }
    // First in every order, where a careless program would take its sample from.
    for (const split of ['train', 'val'])
      writeFileSync(join(folder, split, '0', '!broken.jpg'), 'not a photo');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What is printed while the folder is taught. */
  async function teach(more: object = {}): Promise<string> {
    let printed = '';
    const print = (text: unknown) => {
      printed += `${text}\n`;
      return true;
    };
    const spies = [
      vi.spyOn(console, 'log').mockImplementation(print),
      vi.spyOn(process.stdout, 'write').mockImplementation(print),
    ];
    try {
      await teachFolder(hw.api, readPhotoFolder(folder), { head: 'mine', ...more });
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    return printed;
  }

  it('is taught, trained on and judged; what is no photo is named and costs nothing else', async () => {
    const printed = await teach();
    expect(printed).toContain('36 new');
    expect(printed).toMatch(/not taught: .*broken\.jpg: .*text/);
    expect(printed).toMatch(/not judged: .*broken\.jpg: .*text/);
    expect(printed).toMatch(/Accuracy on 15 photos it never saw: \d+\.\d %/);
    expect((await hw.api.head('mine'))?.channels?.stable).toBe(1);
  });

  it('is only judged the second time, when nothing is new', async () => {
    const printed = await teach();
    expect(printed).toContain('Nothing new');
    expect(printed).toMatch(/Accuracy on 15 photos it never saw/);
    expect((await hw.api.head('mine'))?.channels?.stable).toBe(1);
  });

  it('is refused before anything is taught when the head cannot be what is asked for', async () => {
    await expect(teach({ kind: 'svm' })).rejects.toThrow('made with kind "softmax" and keeps it');
    await expect(teach({ backbone: 'nope' })).rejects.toThrow('There is no backbone "nope"');
  });

  it('is trained on when an earlier run was broken off before it trained', async () => {
    await hw.api.teach('mine', '1', readDigits(30, 1)[1]!.png);
    expect(await teach()).toContain('version 2');
    expect((await hw.api.head('mine'))?.channels?.stable).toBe(2);
  });
});
