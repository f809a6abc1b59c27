import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readQuantisationFile } from '../../lib/codes/index.ts';
import { makeTiny } from '../../lib/codes/testing/tiny-node.ts';
import { compilePlain } from '../../lib/inference/compile-node.ts';
import { inArithmetic, planArithmetic } from './choose.ts';
import { proveIntegers } from './prove.ts';

const photos = join(import.meta.dirname, '../../../shared/data/hymenoptera/val');
const empty = mkdtempSync(join(tmpdir(), 'headwater-choose-'));
afterAll(() => rmSync(empty, { recursive: true }));

describe('the options of an arithmetic', () => {
  it.each([
    [{ arithmetic: 'int4' }, /--arithmetic is float32, int16 or int8/],
    [{ arithmetic: 'int8' }, /--calibrate/],
    [{ calibrate: empty }, /0 photos.*at least 20/],
    [{ calibrate: join(empty, 'nowhere') }, /no folder/],
    [{ labelled: empty }, /folder for each label/],
  ])('%o are refused with what to do', (options, sentence) => {
    expect(() => planArithmetic(options)).toThrow(sentence);
  });

  it('may be none: float32', async () => {
    const { file, digest } = await makeTiny(1);
    const backbone = await inArithmetic({ name: 'tiny', digest, file }, planArithmetic({}));
    expect(backbone).toMatchObject({ arithmetic: 'float32' });
    expect(backbone.quantisation).toBeUndefined();
  });
});

describe.skipIf(!existsSync(photos))('a backbone with photos (of ../shared; skipped without)', () => {
  it('gets ranges, figures, proven golden codes and the arithmetic that was asked for', async () => {
    const { file, digest } = await makeTiny(2);
    const plan = planArithmetic({ arithmetic: 'int16', calibrate: join(photos, 'ants') });
    const backbone = await inArithmetic({ name: 'tiny', digest, file }, plan);
    expect(backbone.arithmetic).toBe('int16');
    expect(backbone.figures!.int16!.cosineMean).toBeGreaterThan(0.9999);
    const content = readQuantisationFile(backbone.quantisation!.file);
    expect(content.backbone).toBe(digest);
    for (const kind of ['int16', 'int8'] as const) {
      expect(await proveIntegers(file, backbone.quantisation!, kind, compilePlain)).toContain(kind);
      expect(content.golden[kind]!.codes.final).toBeDefined();
    }
    const again = await inArithmetic({ name: 'tiny', digest, file }, plan);
    expect(again.quantisation!.digest).toBe(backbone.quantisation!.digest);
  });
});
