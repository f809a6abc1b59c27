import { expect, it } from 'vitest';
import { loadImagePipeline } from './image-workerd.ts';
import { digestOfTensors, tensorsDigest } from './testing/tensors-digest.ts';

it('makes the same bits of every kind of picture as every other runtime', async () => {
  expect(await digestOfTensors(await loadImagePipeline())).toBe(tensorsDigest);
});
