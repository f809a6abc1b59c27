import { expect, it } from 'vitest';
import { createLinalg } from '../linalg/index.ts';
import { loadLinalg } from '../linalg/linalg-workerd.ts';
import { pinnedDigest, trainPinned } from './fixtures/pinned.ts';

it('trains the same head and report in workerd as in Node, bit for bit, with SIMD kernels', async () => {
  expect(await trainPinned(loadLinalg())).toBe(pinnedDigest);
});

it('trains the same head and report in workerd as in Node, bit for bit, with their twin', async () => {
  expect(await trainPinned(createLinalg())).toBe(pinnedDigest);
});
