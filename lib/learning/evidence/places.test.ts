import { describe, expect, it } from 'vitest';
import { evaluate, random } from '../../graph/testing.ts';
import { compilePlain } from '../../inference/compile-node.ts';
import { measureChannels } from './measure-channels.ts';
import { statisticsPlaces } from './places.ts';
import { size, stagesBackbone } from './testing.ts';

const pictures = [5, 6, 7].map((seed) => Float32Array.from({ length: size * size * 3 }, random(seed)));

describe('places where statistics are compared', () => {
  it('are what batch-norm layers read, with the mean and variance that they keep', async () => {
    const { graph, card } = await stagesBackbone({ mean: 0.25, variance: 2 });
    const places = statisticsPlaces(graph, card);
    expect(places.length).toBeGreaterThan(2);
    for (const { tap, name, kept } of places) {
      expect(tap).toEqual({ op: name, pooling: 'none' });
      expect(name).toMatch(/_conv$/);
      expect(new Set(kept!.mean)).toEqual(new Set([0.25]));
      expect(new Set(kept!.variance)).toEqual(new Set([2]));
    }
  });

  it('are what convolutions give where batch-norm is folded away, or has learnt nothing', async () => {
    for (const batchNorm of [null, { mean: 0, variance: 1 }]) {
      const { graph, card } = await stagesBackbone(batchNorm);
      const places = statisticsPlaces(graph, card);
      expect(places.every(({ kept }) => kept === undefined)).toBe(true);
      if (!batchNorm) expect(places.map(({ name }) => name)).toContain('four_conv:pre');
    }
  });

  it('are not one batch-norm for all rungs', async () => {
    const { graph, card } = await stagesBackbone({ mean: 0.25, variance: 2 });
    const isFolded = (name: string) => name.endsWith('_bn') && name !== 'one_bn';
    const ops = graph.ops
      .filter(({ name }) => !isFolded(name))
      .map((op) => ({
        ...op,
        inputs: op.inputs.map((name) => (isFolded(name) ? name.replace('_bn', '_conv') : name)),
      }));
    const places = statisticsPlaces({ ...graph, ops }, card);
    expect(places.length).toBeGreaterThan(2);
    expect(places.every(({ kept }) => kept === undefined)).toBe(true);
  });

  it.each([[null], [{ mean: 0.25, variance: 2 }]])(
    'show values before batch-norm and activation (batch-norm %o)',
    async (batchNorm) => {
      const { graph, card } = await stagesBackbone(batchNorm);
      const places = statisticsPlaces(graph, card);
      const measured = await measureChannels({ graph, size, compile: compilePlain }, places, pictures);
      const outputs = pictures.map((picture) => evaluate(graph, picture, size));
      for (const [p, { tap }] of places.entries()) {
        const { mean, variance } = measured[p]!;
        const values = outputs.flatMap((each) => [...each.get(tap.op)!]);
        const channels = mean.length;
        for (let c = 0; c < channels; c++) {
          const own = values.filter((_, i) => i % channels === c);
          const average = own.reduce((a, b) => a + b, 0) / own.length;
          const spread = own.reduce((sum, value) => sum + (value - average) ** 2, 0) / own.length;
          expect(mean[c]).toBeCloseTo(average, 3);
          expect(variance[c]! / spread).toBeCloseTo(1, 3);
        }
      }
    },
  );
});
