import { expect, it } from 'vitest';
import { exampleKey } from '../../lib/contract/index.ts';
import type { TrainingSet } from '../../lib/datasets/index.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { withImages } from './snapshot-images.ts';

const image = (i: number) => new TextEncoder().encode(`image ${i}`);

/** Six examples of three labels, two numbers each, and their images in a bucket. */
async function taught() {
  const store = memoryStore();
  const digests = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => sha256(image(i))));
  const labelNames = ['a', 'b', 'c'];
  const labels = Int32Array.from([0, 0, 1, 1, 2, 2]);
  const keyOf = (i: number, label = labelNames[labels[i]!]!) => exampleKey('ds', label, digests[i]!, 'png');
  for (const i of digests.keys()) await store.put(keyOf(i), image(i));
  const set: TrainingSet = {
    codes: Float32Array.from({ length: 12 }, (_, k) => k),
    ...{ dims: 2, labels, labelNames, digests },
    groups: digests.map((_, i) => (i === 5 ? 'g' : null)),
    split: digests.map((_, i) => (i % 2 ? 'heldout' : 'train')),
  };
  return { store, set, keyOf };
}

it('gives each example the bytes of its image, wherever it has moved to', async () => {
  const { store, set, keyOf } = await taught();
  await store.delete(keyOf(3));
  await store.put(keyOf(3, 'c'), image(3));
  const images = await withImages(store, 'ds', set);
  expect(images).toMatchObject({ leftOut: 0, set });
  for (const i of [0, 3]) expect(await images.image(i)).toEqual(image(i));
});

it('leaves out what was erased since the snapshot, and labels that have no image left', async () => {
  const { store, set, keyOf } = await taught();
  await store.delete([keyOf(0), keyOf(2), keyOf(3)]);
  const images = await withImages(store, 'ds', set);
  expect(images.leftOut).toBe(3);
  expect(images.set).toMatchObject({
    labelNames: ['a', 'c'],
    labels: Int32Array.from([0, 1, 1]),
    codes: Float32Array.from([2, 3, 8, 9, 10, 11]),
    groups: [null, null, 'g'],
    split: ['heldout', 'train', 'heldout'],
  });
  expect(await images.image(0)).toEqual(image(1));
});

it('fails with a sentence where one label is left, where an image goes meanwhile, and where one is another', async () => {
  const { store, set, keyOf } = await taught();
  const images = await withImages(store, 'ds', set);
  await store.put(keyOf(1), image(7));
  await expect(images.image(1)).rejects.toMatchObject({ type: 'digest-mismatch' });
  await store.delete([0, 1, 2, 3].map((i) => keyOf(i)));
  await expect(images.image(0)).rejects.toMatchObject({ type: 'not-found' });
  await expect(withImages(store, 'ds', set)).rejects.toMatchObject({ type: 'too-few-examples' });
});
