import { describe, expect, it } from 'vitest';
import { createLinalg } from '../linalg/index.ts';
import { loadLinalg } from '../linalg/linalg-workerd.ts';
import { pinnedDigests, trainPinned } from './fixtures/pinned.ts';

describe.each(['softmax', 'svm'] as const)('a %s', (kind) => {
  it('is the same head and report in workerd as in Node, bit for bit, with SIMD kernels', async () => {
    expect(await trainPinned(loadLinalg(), kind)).toBe(pinnedDigests[kind]);
  });

  it('is the same head and report in workerd as in Node, bit for bit, with their twin', async () => {
    expect(await trainPinned(createLinalg(), kind)).toBe(pinnedDigests[kind]);
  });
});
