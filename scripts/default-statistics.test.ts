import { describe, expect, it } from 'vitest';
import { proveIntegers } from '../cli/backbone/prove.ts';
import { integerKinds, makeQuantisation, objectionTo } from '../lib/codes/index.ts';
import { readBackbone } from '../lib/graph/index.ts';
import { compile, compilePlain } from '../lib/inference/compile-node.ts';
import { ownBackbone } from './build-backbone.ts';
import { committedText, defaultFigures, readDefaultStatistics } from './default-statistics.ts';

describe('the committed statistics of the default backbone', async () => {
  const own = await ownBackbone();
  const values = readDefaultStatistics(own.digest, readBackbone(own.file).graph);
  const made = await makeQuantisation(own, values, compilePlain);

  it('are of the backbone that is built from the package, and small', () => {
    expect(made.kinds).toEqual(integerKinds);
    expect(committedText().length).toBeLessThan(40 * 1024);
  });

  it.each(integerKinds)('prove %s bit for bit on both builds of the kernels', async (kind) => {
    for (const engine of [compilePlain, compile])
      expect(await proveIntegers(own.file, made, kind, engine)).toContain('block_14_expand, final');
  });

  it('come with figures within the bounds of each arithmetic', () => {
    const figures = defaultFigures();
    for (const kind of integerKinds) expect(objectionTo(kind, figures[kind]!)).toBeUndefined();
  });

  it('are refused for another backbone, saying what to run', () => {
    const { graph } = readBackbone(own.file);
    expect(() => readDefaultStatistics('ab'.repeat(32), graph)).toThrow(/calibrate-default/);
  });
});
