import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeRecipe, takeInputAffine } from './input-affine.ts';
import type { Recipe } from './recipe.ts';
import { evaluate, graphOf, random, randomWeight } from './testing.ts';

const recipe: Recipe = {
  size: 4,
  fit: 'stretch',
  channelOrder: 'rgb',
  mean: [1, 2, 3],
  scale: [0.01, 0.02, 0.03],
};
const normalise = (pixels: Float32Array, { mean, scale }: Recipe) =>
  pixels.map((pixel, i) => (pixel - mean[i % 3]!) * scale[i % 3]!);
const vector = (...values: number[]) => ({
  kind: 'float32' as const,
  shape: [values.length],
  data: Float32Array.from(values),
});

describe('a constant factor and summand at the input', () => {
  it('become part of the recipe without changing what the network sees', () => {
    const number = fc.integer({ min: 1, max: 400 }).map((n) => n / 100);
    fc.assert(
      fc.property(number, fc.tuple(number, number, number), (factor, offsets) => {
        const graph = graphOf(
          [
            ['mul', 'scaled', ['input'], {}, { constant: 'f' }],
            ['add', 'shifted', ['scaled'], {}, { constant: 'o' }],
            ['conv2d', 'conv', ['shifted'], { padding: 'same' }, { kernel: 'k' }],
          ],
          { f: vector(factor), o: vector(...offsets), k: randomWeight([3, 3, 3, 2], random(1)) },
        );
        const { graph: bare, affine } = takeInputAffine(graph);
        expect(bare.ops.map((op) => op.name)).toEqual(['conv']);
        const pixels = Float32Array.from({ length: 48 }, (_, i) => (i * 37) % 256);
        const before = evaluate(graph, normalise(pixels, recipe), 4).get('conv')!;
        const after = evaluate(bare, normalise(pixels, composeRecipe(recipe, affine!)), 4).get('conv')!;
        for (let i = 0; i < before.length; i++) expect(after[i]).toBeCloseTo(before[i]!, 3);
      }),
    );
  });

  it('stays where another layer reads it too', () => {
    const graph = graphOf(
      [
        ['mul', 'scaled', ['input'], {}, { constant: 'f' }],
        ['add', 'both', ['scaled', 'input']],
      ],
      { f: vector(2) },
    );
    expect(takeInputAffine(graph).affine).toBeUndefined();
  });

  it('is stored without the noise of the composition', () => {
    const pixels: Recipe = { ...recipe, mean: [0, 0, 0], scale: [1 / 255, 1 / 255, 1 / 255] };
    const composed = composeRecipe(pixels, { factor: [2, 2, 2], offset: [-1, -1, -1] });
    expect(composed.mean).toEqual([127.5, 127.5, 127.5]);
    expect(composed.scale[0]).toBeCloseTo(1 / 127.5, 15);
  });
});
