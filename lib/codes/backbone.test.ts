import { describe, expect, it } from 'vitest';
import { graphOf, random, randomWeight } from '../graph/testing.ts';
import { compilePlain } from '../inference/compile-node.ts';
import { defaultTapOf, parseBackbone, requireSize } from './backbone.ts';
import { makeBackbone } from './make-backbone.ts';

const next = random(1);
/** A convolution, and a dense layer that takes 64 × 64 × 2 numbers. */
const graph = {
  ...graphOf(
    [
      ['conv2d', 'conv', ['input'], { padding: 'same', activation: 'relu' }, { kernel: 'conv/kernel' }],
      ['flatten', 'flat', ['conv']],
      ['dense', 'fc', ['flat'], {}, { kernel: 'fc/kernel' }],
    ],
    {
      'conv/kernel': randomWeight([3, 3, 3, 2], next),
      'fc/kernel': randomWeight([64 * 64 * 2, 4], next),
    },
  ),
  taps: { final: { op: 'conv', pooling: 'avg' as const }, fc: { op: 'fc', pooling: 'none' as const } },
};
const recipe = {
  size: 64,
  fit: 'stretch' as const,
  channelOrder: 'rgb' as const,
  mean: [0, 0, 0] as [number, number, number],
  scale: [1, 1, 1] as [number, number, number],
};
const facts = { name: 'net', title: 'A net', licence: 'MIT', origin: 'a test', recipe };
const { file, digest } = await makeBackbone(graph, facts, compilePlain);
const backbone = parseBackbone(file, 'net', digest);
const pooled = [defaultTapOf(backbone)];
const dense = [{ op: 'fc', pooling: 'none' as const, pre: false }];

describe('an input size', () => {
  it('may be another where the taps give codes of the same length', async () => {
    await expect(requireSize(backbone, pooled, 96)).resolves.toBeUndefined();
  });

  it('is refused where a dense layer is bound to its own, with the layer and what to do', async () => {
    await expect(requireSize(backbone, dense, 96)).rejects.toMatchObject({
      type: 'unsupported-graph',
      facts: { layer: 'fc', size: 96 },
    });
    await expect(requireSize(backbone, dense, 64)).resolves.toBeUndefined();
  });

  it.each([31, 1025, 64.5, Number.NaN])('is refused out of bounds: %s', async (size) => {
    await expect(requireSize(backbone, pooled, size)).rejects.toMatchObject({ type: 'bad-request' });
  });
});
