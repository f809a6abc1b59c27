import { describe, expect, it } from 'vitest';
import { optimise } from '../../graph/index.ts';
import { averaged, evaluate } from '../../graph/testing.ts';
import { compilePlain } from '../compile-node.ts';
import { graphOf, Random, twoConvolutions } from '../fixtures.ts';
import { measureStatistics } from './statistics.ts';
import { measuredValues } from './values.ts';

/** Convolution with a fused activation, batch-norm after a bare one, dropout, a pad before the last convolution. */
function everyCase(random: Random) {
  return graphOf(3, [
    {
      op: 'conv2d',
      attrs: { padding: 'same', activation: 'relu' },
      weights: { kernel: random.weight(3, 3, 3, 8) },
    },
    { op: 'dropout' },
    { op: 'conv2d', attrs: { padding: 'same' }, weights: { kernel: random.weight(1, 1, 8, 8) } },
    {
      op: 'batchNorm',
      attrs: { epsilon: 1e-3 },
      weights: {
        mean: random.weight(8),
        variance: { kind: 'float32', shape: [8], data: new Float32Array(8).fill(1) },
      },
    },
    { op: 'pad', attrs: { padding: { top: 1, left: 1, bottom: 1, right: 1 } } },
    { op: 'conv2d', attrs: { padding: 'valid' }, weights: { kernel: random.weight(3, 3, 8, 4) } },
  ]);
}

describe('activation statistics', () => {
  it('are of every value that a plan may keep, with means where a convolution reads, through pads too', () => {
    const values = measuredValues(everyCase(new Random(1)));
    expect(values.map(({ name, hasMean }) => [name, hasMean])).toEqual([
      ['input', true],
      ['op0:pre', false],
      ['op0', true],
      ['op3', true],
      ['op4', true],
      ['op5', false],
    ]);
  });

  it('name every value of the optimised graph of any tap', () => {
    const graph = everyCase(new Random(1));
    const names = new Set(measuredValues(graph).map(({ name }) => name));
    for (const { tap } of measuredValues(graph)) {
      if (!tap) continue;
      for (const { name } of optimise(graph, [tap]).graph.ops)
        expect(names.has(name), `${name} of a plan that reads ${tap.op}`).toBe(true);
    }
  });

  it('are those of the values that the definitions of the layers give', async () => {
    const random = new Random(2);
    const graph = twoConvolutions(random);
    const pictures = [1, 2, 3].map(() => random.array(243, 1));
    const statistics = await measureStatistics(graph, 9, pictures, compilePlain);
    const all = pictures.map((picture) => evaluate(graph, picture, 9));
    for (const [name, { least, most, lo, hi, mean }] of statistics) {
      const values = all.flatMap((outputs) => [...outputs.get(name)!]);
      expect(least).toBeCloseTo(Math.min(0, ...values), 4);
      expect(most).toBeCloseTo(Math.max(0, ...values), 4);
      expect(lo).toBeGreaterThanOrEqual(least);
      expect(hi).toBeLessThanOrEqual(most);
      if (!mean) continue;
      const expected = averaged(Float32Array.from(values), mean.length);
      mean.forEach((value, c) => {
        expect(value).toBeCloseTo(expected[c]!, 4);
      });
    }
    expect(statistics.get('op1')?.mean).toHaveLength(6);
  });

  it('are refused where a picture makes something that is no number, naming the layer', async () => {
    const graph = twoConvolutions(new Random(4));
    const picture = new Float32Array(243).fill(3e38);
    await expect(measureStatistics(graph, 9, [picture], compilePlain)).rejects.toThrow(/op0|input/);
  });
});
