import { expect, it } from 'vitest';
import { requireBatchFits } from './batch-fits.ts';

const fits = (batchSize: number, side: number, examples: number) => () =>
  requireBatchFits({ batchSize }, { inputShape: [side, side, 3] }, examples);

it('takes any batch of pictures of the usual sides', () => {
  expect(fits(256, 224, 10_000)).not.toThrow();
  expect(fits(16, 1024, 10_000)).not.toThrow();
});

it('refuses a batch that a trainer has no room for, and says which one it has', () => {
  expect(fits(256, 640, 10_000)).toThrow(/takes 1200 MiB.*"batchSize" of at most 109/);
  expect(fits(109, 640, 10_000)).not.toThrow();
});

it('counts no more examples than there are', () => {
  expect(fits(256, 640, 40)).not.toThrow();
});
