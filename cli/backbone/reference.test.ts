import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readReferenceFile } from '../../lib/codes/index.ts';
import { makeTiny } from '../../lib/codes/testing/tiny-node.ts';
import { rgbPng } from '../../scripts/demo/png.ts';
import { planReference, withReference } from './reference.ts';

const root = mkdtempSync(join(tmpdir(), 'headwater-reference-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder of `count` pictures. */
function folderOf(name: string, count: number): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (let i = 0; i < count; i++)
    writeFileSync(join(folder, `${i}.png`), rgbPng(new Uint8Array(48).fill(3 * i), 4, 4));
  return folder;
}
const [enough, few] = [folderOf('birds', 60), folderOf('few', 7)];
const calibration = Array.from({ length: 60 }, (_, i) => join(enough, `${i}.png`));

describe('the options of a reference', () => {
  it.each([
    [{ reference: few }, /7 photos.*at least 50/],
    [{ reference: join(root, 'nowhere') }, /no folder/],
    [{ 'reference-name': 'birds' }, /goes with --reference/],
    [{ reference: enough, 'reference-name': 'b'.repeat(151) }, /1 to 150/],
  ])('%o are refused with what to do', (options, sentence) => {
    expect(() => planReference(options, [])).toThrow(sentence);
  });

  it('say what the pictures are: as named, by the folder, or that ranges were measured on them', () => {
    const named = planReference({ reference: enough, 'reference-name': 'garden birds' }, []);
    expect(named!.name(60)).toBe('garden birds');
    expect(planReference({ reference: enough }, [])!.name(60)).toBe('60 photographs of "birds"');
    expect(planReference({}, calibration)!.name(60)).toContain('ranges were measured on');
    expect(planReference({}, calibration.slice(0, 20))).toBeNull();
  });
});

describe('a backbone without batch-norm', () => {
  it('gets the statistics of the pictures under their digest', async () => {
    const { file, digest } = await makeTiny(1);
    const backbone = await withReference(
      { name: 'tiny', digest, file },
      planReference({ reference: enough }, []),
    );
    const { places, ...rest } = readReferenceFile(backbone.reference!.file);
    expect(rest).toEqual({ backbone: digest, name: '60 photographs of "birds"', images: 60 });
    const { mean, variance } = places.get('conv:pre')!;
    expect(mean).toHaveLength(4);
    expect(variance.every((value) => value > 0)).toBe(true);
  });

  it('is left as it is without pictures', async () => {
    const { file, digest } = await makeTiny(1);
    const own = { name: 'tiny', digest, file };
    expect(await withReference(own, null)).toBe(own);
  });
});
