// A backbone small enough for unit tests, made as a real one is. Nothing but tests imports this.

import { graphOf, random, randomWeight } from '../../graph/testing.ts';
import { compile } from '../../inference/compile-node.ts';
import { makeBackbone } from '../make-backbone.ts';

const tinyFacts = {
  name: 'tiny',
  title: 'A convolution and a relu',
  licence: 'MIT',
  origin: 'made for a test',
  recipe: {
    size: 8,
    fit: 'stretch' as const,
    channelOrder: 'rgb' as const,
    mean: [0, 0, 0] as [number, number, number],
    scale: [1 / 255, 1 / 255, 1 / 255] as [number, number, number],
  },
};

/** A 3×3 convolution to `channels`, then a relu, whose pooled output is the tap `final`. */
function tinyGraph(seed: number, channels = 4) {
  const next = random(seed);
  const graph = graphOf(
    [
      ['conv2d', 'conv', ['input'], { padding: 'same' }, { kernel: 'conv/kernel' }],
      ['activation', 'relu', ['conv'], { activation: 'relu' }],
    ],
    { 'conv/kernel': randomWeight([3, 3, 3, channels], next) },
  );
  return { ...graph, taps: { final: { op: 'relu', pooling: 'avg' as const } } };
}

export const makeTiny = (seed: number, channels?: number) =>
  makeBackbone(tinyGraph(seed, channels), { ...tinyFacts, name: `tiny ${seed}` }, compile);
