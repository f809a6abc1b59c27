import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { evenly, photosIn, tensorsOf } from '../../../cli/backbone/photos.ts';
import { presets } from '../../../cli/backbone/recipe-options.ts';
import { measureReference } from '../../../cli/backbone/reference.ts';
import { greyPng } from '../../../scripts/demo/png.ts';
import { unlikeScore } from '../../advice/index.ts';
import { makeBackbone } from '../../codes/index.ts';
import { importOnnx } from '../../graph/import/index.ts';
import { readBackbone } from '../../graph/index.ts';
import { loadImagePipeline } from '../../image/image-node.ts';
import { compilePlain } from '../../inference/compile-node.ts';
import { noisePictures } from './noise.ts';
import { statisticsPlaces } from './places.ts';
import { compareWithReference, scoreOf } from './similarity.ts';

describe('the score of similarity', () => {
  it('is 0 for photographs, 1 for noise, and rises between', () => {
    expect(scoreOf(0.01, 3)).toBe(0);
    expect(scoreOf(0.1, 3)).toBe(0);
    expect(scoreOf(3, 3)).toBe(1);
    expect(scoreOf(100, 3)).toBe(1);
    expect(scoreOf(0.5, 3)).toBeGreaterThan(scoreOf(0.2, 3));
  });

  it('stays a number where noise is as near as photographs', () => {
    expect(scoreOf(0.15, 0.05)).toBeLessThan(1);
    expect(scoreOf(0.05, 0.05)).toBe(0);
  });
});

const shared = resolve(import.meta.dirname, '../../../../shared');
const network = `${shared}/backbones/mobilenet-v1-0.25-128-imagenet-onnx-derived/mobilenet_v1_0.25_128.onnx`;
const [cats, ants] = [`${shared}/data/cats-dogs/train`, `${shared}/data/hymenoptera/val`];
const stamps = '/usr/share/tuxpaint/stamps';
const clothes = '/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz';
const count = 20;

describe.skipIf(![network, cats, ants, stamps, clothes].every(existsSync))(
  'a network without batch-norm (files of ../shared, tuxpaint-stamps-default, dataset-fashion-mnist; skipped without)',
  () => {
    it('orders photographs, cut-out photographs, clothes in grey and noise, and tells photographs from drawings', async () => {
      const { graph, recipe } = importOnnx(readFileSync(network), { recipe: presets['imagenet-tf'] });
      const facts = { name: 'net', title: 'net', licence: 'unknown', origin: 'a test', recipe };
      const { file, digest } = await makeBackbone(graph, facts, compilePlain);
      const { card } = readBackbone(file);
      const photos = evenly(photosIn(cats), 60);
      const reference = await measureReference({ name: 'net', file, digest }, photos, String);
      const parts = { graph, card, size: card.size, compile: compilePlain };
      const places = statisticsPlaces(graph, card);
      const score = async (pictures: AsyncIterable<Float32Array>) =>
        (await compareWithReference(parts, places, reference, pictures)).similarity.score!;
      const ofFolder = (folder: string) => tensorsOf(evenly(photosIn(folder), count), card.recipe);
      async function* noise() {
        yield* noisePictures(card.recipe, card.size, 3);
      }
      const scores = [
        await score(ofFolder(ants)),
        await score(ofFolder(stamps)),
        await score(greyClothes(card.recipe)),
        await score(noise()),
      ];
      expect(scores).toEqual(scores.toSorted((a, b) => a - b));
      expect(scores[0]).toBeLessThan(unlikeScore);
      expect(scores[2]).toBeGreaterThan(unlikeScore);
      expect(scores[3]).toBeGreaterThan(0.95);
    });
  },
);

async function* greyClothes(recipe: Parameters<typeof tensorsOf>[1]) {
  const pipeline = await loadImagePipeline();
  const pixels = gunzipSync(readFileSync(clothes)).subarray(16);
  for (let i = 0; i < count; i++)
    yield (await pipeline.toTensor(greyPng(pixels.subarray(784 * i, 784 * (i + 1)), 28, 28), recipe)).tensor;
}
