import { expect, it } from 'vitest';
import { createLinalg } from '../linalg/index.ts';
import { loadLinalg } from '../linalg/linalg-workerd.ts';
import { fitPinned, pinnedOpenSetDigest } from './fixtures/pinned-open-set.ts';

it('fits the same open set in workerd as in Node, bit for bit, with SIMD kernels', async () => {
  expect(await fitPinned(loadLinalg())).toBe(pinnedOpenSetDigest);
});

it('fits the same open set in workerd as in Node, bit for bit, with their twin', async () => {
  expect(await fitPinned(createLinalg())).toBe(pinnedOpenSetDigest);
});
