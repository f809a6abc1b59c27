import { beforeAll, describe, expect, it } from 'vitest';
import { graphOf, random, randomWeight } from '../../graph/testing.ts';
import { loadImagePipeline } from '../../image/image-node.ts';
import type { ImagePipeline, Recipe } from '../../image/index.ts';
import { encodePng } from '../../image/testing/png-encoder-node.ts';
import { compile } from '../../inference/compile-node.ts';
import type { Plan } from '../../inference/index.ts';
import { sha256 } from '../../tensors/index.ts';
import { type FrozenPictures, frozenInputs } from './frozen-inputs.ts';
import { memoryCache } from './memory-cache.ts';
import { pictureInputs } from './picture-inputs.ts';
import type { TuningPictures } from './pictures.ts';
import { testSettings } from './testing.ts';

const recipe: Recipe = {
  size: 16,
  fit: 'cover',
  channelOrder: 'bgr',
  mean: [104, 117, 124],
  scale: [1 / 58, 1 / 57, 1 / 57],
};

/** Pictures of random blocks, large enough that crops differ. */
const files = [1, 2, 3, 4, 5].map((seed) => {
  const next = random(seed);
  const blocks = Array.from({ length: 12 * 16 * 3 }, () => Math.floor(128 + 127 * next()));
  const samples = Array.from({ length: 36 * 48 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 48, Math.floor(i / 3 / 48)];
    return blocks[(Math.floor(y / 3) * 16 + Math.floor(x / 3)) * 3 + (i % 3)]!;
  });
  return encodePng({ width: 48, height: 36, bitDepth: 8, colourType: 2, samples });
});

let pipeline: ImagePipeline;
let digests: string[];
let trunk: Plan;
beforeAll(async () => {
  pipeline = await loadImagePipeline();
  digests = await Promise.all(files.map(sha256));
  const graph = graphOf(
    [
      ['conv2d', 'conv', ['input'], { padding: 'same', stride: [2, 2] }, { kernel: 'conv/kernel' }],
      ['activation', 'relu', ['conv'], { activation: 'relu' }],
    ],
    { 'conv/kernel': randomWeight([3, 3, 3, 6], random(1)) },
  );
  trunk = await compile(graph, { size: 16, taps: [{ op: 'relu', pooling: 'none' }], arithmetic: 'float32' });
});

/** Pictures 0, 2 and 3 are trained on; counts how often bytes were asked for. */
function pictures(changes: Partial<TuningPictures> = {}): TuningPictures & { reads: number } {
  const counted = {
    reads: 0,
    image: async (i: number) => {
      counted.reads++;
      return files[i]!;
    },
    digests,
    labels: Int32Array.of(0, 1, 1, 0, 1),
    train: [3, 0, 2],
    heldOut: [4, 1],
    pipeline,
    recipe,
    settings: testSettings({ variants: 3 }),
    ...changes,
  };
  return counted;
}

const asEdge = async (i: number) => (await pipeline.toTensor(files[i]!, recipe)).tensor;

describe('pictureInputs', () => {
  it('holds out exactly what the edge sees, and has labels in the split’s order', async () => {
    const inputs = pictureInputs(pictures());
    expect(inputs.shape).toEqual([16, 16, 3]);
    expect(await inputs.heldOut(0)).toEqual(await asEdge(4));
    expect(await inputs.heldOut(1)).toEqual(await asEdge(1));
    expect(await inputs.plain(0)).toEqual(await asEdge(3));
    expect([inputs.trainLabels, inputs.heldOutLabels]).toEqual([Int32Array.of(0, 0, 1), Int32Array.of(1, 1)]);
  });

  it('shows another view in every epoch, the same whatever was asked for before, with a cache or without', async () => {
    const [one, other] = [pictureInputs(pictures()), pictureInputs(pictures({ cache: memoryCache() }))];
    const epochs = [0, 1, 2, 3];
    const views = await Promise.all(epochs.map((epoch) => one.training(1, epoch)));
    expect(new Set(views.map((view) => view.join())).size).toBe(4);
    for (const epoch of [3, 1, 0, 2]) expect(await other.training(1, epoch)).toEqual(views[epoch]);
  });

  it('shows parts of the picture, in its own colours', async () => {
    const inputs = pictureInputs(pictures());
    const [lowest, highest] = [(0 - 124) / 57, (255 - 104) / 58];
    const mean = (values: Float32Array) => values.reduce((a, b) => a + b) / values.length;
    for (let epoch = 0; epoch < 5; epoch++) {
      const view = await inputs.training(0, epoch);
      expect(Math.min(...view)).toBeGreaterThan(lowest - 0.01);
      expect(Math.max(...view)).toBeLessThan(highest + 0.01);
      expect(Math.abs(mean(view) - mean(await asEdge(3)))).toBeLessThan(0.25);
    }
  });

  it('shows pictures as they are when nothing is augmented', async () => {
    const inputs = pictureInputs(pictures({ settings: testSettings({ augmentation: null }) }));
    expect(await inputs.training(1, 7)).toEqual(await asEdge(0));
  });

  it('reads a picture once for crops and once for itself with a cache, each time without', async () => {
    const reads = async (changes: Partial<TuningPictures>) => {
      const counted = pictures(changes);
      const inputs = pictureInputs(counted);
      for (let epoch = 0; epoch < 4; epoch++) await inputs.training(0, epoch);
      for (let look = 0; look < 4; look++) await inputs.plain(0);
      return counted.reads;
    };
    expect([await reads({ cache: memoryCache() }), await reads({})]).toEqual([2, 8]);
  });
});

describe('frozenInputs', () => {
  const frozen = (changes: Partial<FrozenPictures> = {}) => ({
    ...pictures(),
    trunk,
    trunkKey: 'a space',
    ...changes,
  });
  /** The trunk, counted. */
  const counting = () => {
    const run = (input: Float32Array) => {
      counted.runs++;
      return trunk.run(input);
    };
    const counted = { ...trunk, runs: 0, run };
    return counted;
  };

  it('gives what the trunk makes of what the edge sees', async () => {
    const inputs = await frozenInputs(frozen({ cache: memoryCache() }));
    expect(inputs.shape).toEqual([8, 8, 6]);
    expect(await inputs.heldOut(1)).toEqual(trunk.run(await asEdge(1))[0]);
    expect(await inputs.plain(2)).toEqual(trunk.run(await asEdge(2))[0]);
  });

  it('shows the picture as it is first, then other views, and begins again after the last variant', async () => {
    const inputs = await frozenInputs(frozen({ cache: memoryCache() }));
    const views = await Promise.all([0, 1, 2, 3, 4].map((epoch) => inputs.training(0, epoch)));
    expect(views[0]).toEqual(await inputs.plain(0));
    expect(new Set(views.map((view) => view.join())).size).toBe(3);
    expect([views[3], views[4]]).toEqual([views[0], views[1]]);
    const crop = await pictureInputs(pictures()).training(0, 2);
    expect(views[2]).toEqual(trunk.run(crop)[0]);
  });

  it('runs the trunk once for each picture before training begins, once for a variant when it is asked for', async () => {
    const plan = counting();
    const told: [number, string][] = [];
    const onProgress = (progress: number, note: string) => told.push([progress, note]);
    const inputs = await frozenInputs(frozen({ cache: memoryCache(), trunk: plan, onProgress }));
    expect(plan.runs).toBe(5);
    expect(told.at(-1)).toEqual([1, 'features 5 of 5']);
    for (let epoch = 0; epoch < 6; epoch++) for (const i of [0, 1, 2]) await inputs.training(i, epoch);
    for (const i of [0, 1]) await inputs.heldOut(i);
    expect(plan.runs).toBe(5 + 2 * 3);
  });

  it('runs it again for what the cache has forgotten, to the same bits, and for everything without one', async () => {
    const plan = counting();
    const cache = memoryCache();
    const inputs = await frozenInputs(frozen({ cache, trunk: plan }));
    const before = await inputs.training(2, 1);
    await cache.clear();
    expect(await inputs.training(2, 1)).toEqual(before);
    expect(plan.runs).toBe(7);
    const uncached = await frozenInputs(frozen({ trunk: plan }));
    expect(await uncached.training(2, 1)).toEqual(before);
    expect(plan.runs).toBe(8);
  });

  it('never takes what another trunk, seed or augmentation made', async () => {
    const cache = memoryCache();
    const settings = pictures().settings;
    const runs = async (changes: Partial<FrozenPictures>) => {
      const plan = counting();
      const inputs = await frozenInputs(frozen({ cache, trunk: plan, ...changes }));
      await inputs.training(0, 1);
      return plan.runs;
    };
    expect(await runs({})).toBe(6);
    expect(await runs({})).toBe(0);
    expect(await runs({ trunkKey: 'another space' })).toBe(6);
    // The picture as it is is the same whatever the seed.
    expect(await runs({ settings: { ...settings, seed: 2 } })).toBe(1);
    const tighter = { flip: false, area: [0.9, 1] as [number, number], ratio: [1, 1] as [number, number] };
    expect(await runs({ settings: { ...settings, augmentation: tighter } })).toBe(1);
  });

  it('shows the picture as it is in every epoch where nothing is augmented', async () => {
    const plan = counting();
    const settings = testSettings({ augmentation: null });
    const inputs = await frozenInputs(frozen({ cache: memoryCache(), trunk: plan, settings }));
    expect(await inputs.training(1, 3)).toEqual(await inputs.plain(1));
    expect(plan.runs).toBe(5);
  });

  it('ends between two pictures when it is cancelled', async () => {
    const signal = { aborted: false };
    const plan = counting();
    const onProgress = () => {
      signal.aborted = plan.runs === 4;
    };
    await expect(
      frozenInputs(frozen({ cache: memoryCache(), trunk: plan, signal, onProgress })),
    ).rejects.toMatchObject({ type: 'cancelled' });
    expect(plan.runs).toBe(4);
  });
});
