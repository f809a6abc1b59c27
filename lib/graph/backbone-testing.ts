// The smallest backbone that has everything a file can hold. Nothing but tests imports this.

import type { Backbone } from './backbone-file.ts';
import { makeCard } from './card.ts';
import type { Recipe } from './recipe.ts';
import { tapsOf } from './taps.ts';
import { graphOf, random, randomQuantised, randomWeight } from './testing.ts';

export const tinyRecipe: Recipe = {
  size: 8,
  fit: 'stretch',
  channelOrder: 'rgb',
  mean: [0, 0, 0],
  scale: [1, 1, 1],
};

/** One convolution with 8-bit weights, its card and golden tensors that nothing has computed. */
export function tinyBackbone(): Backbone {
  const bare = graphOf(
    [
      [
        'conv2d',
        'conv',
        ['input'],
        { padding: 'same', stride: [2, 2] },
        { kernel: 'net/kernel', bias: 'bias' },
      ],
      ['activation', 'relu', ['conv'], { activation: 'relu' }],
    ],
    { 'net/kernel': randomQuantised([3, 3, 3, 4], random(5)), bias: randomWeight([4], random(6)) },
  );
  const graph = { ...bare, taps: tapsOf(bare, 8) };
  const card = makeCard(graph, {
    name: 'tiny',
    title: 'Tiny',
    licence: 'MIT',
    origin: 'a test',
    recipe: tinyRecipe,
  });
  const golden = {
    input: { shape: [8, 8, 3], data: Float32Array.from({ length: 192 }, random(7)) },
    codes: { final: Float32Array.of(1, 2, 3, 4) },
  };
  return { graph, card, golden };
}
