// What speaks against training layers is said before anything is trained.

import { describe, expect, it } from 'vitest';
import { smallWorld } from './testing.ts';
import { trainStrategy } from './train-strategy.ts';

const { parts, request } = await smallWorld();

describe('fine-tuning is refused', () => {
  const untouched = {
    ...parts,
    startEngine: () => {
      throw new Error('training began');
    },
  };

  it('before anything is trained, with the numbers, where no edge has room for the tail', async () => {
    const refused = trainStrategy(request('fine-tune-all'), { ...untouched, maxEdgeBytes: 50_000 });
    await expect(refused).rejects.toMatchObject({
      type: 'tail-too-large',
      facts: { maxBytes: 50_000, tailBytes: expect.any(Number), trunkBytes: 0 },
    });
  });

  it('from a place that is not below the head, naming those that are', async () => {
    const refused = trainStrategy(
      request('fine-tune-top', { options: { tuning: { from: 'final' } } }),
      untouched,
    );
    await expect(refused).rejects.toMatchObject({
      type: 'bad-request',
      message: expect.stringContaining('sum'),
    });
  });

  it('from a place that a shortcut goes round', async () => {
    const from = { options: { tuning: { from: 'three_relu' } } };
    await expect(trainStrategy(request('fine-tune-top', from), untouched)).rejects.toMatchObject({
      type: 'unsupported-graph',
    });
  });

  it('without held-out images', async () => {
    const set = { ...parts.set, split: parts.set.split.map(() => 'train' as const) };
    await expect(trainStrategy(request('fine-tune-top'), { ...untouched, set })).rejects.toMatchObject({
      type: 'too-few-examples',
    });
  });

  it('with class weights', async () => {
    const balanced = request('fine-tune-top', { options: { classWeights: 'balanced' } });
    await expect(trainStrategy(balanced, untouched)).rejects.toMatchObject({ type: 'bad-request' });
  });
});
