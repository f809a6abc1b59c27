import { describe, expect, it } from 'vitest';
import { type HeadDocument, headKey } from '../contract/index.ts';
import { memoryStore } from '../storage/index.ts';
import { claimHead, readHeadDocument, requireHead } from './heads.ts';
import { manifestOf } from './testing.ts';

const { dataset, strategy, kind, backbone, codeSpaceDocument } = manifestOf('birds', 1);
const birds: HeadDocument = {
  format: 1,
  head: 'birds',
  dataset,
  strategy,
  kind,
  backbone,
  taps: codeSpaceDocument.taps,
  policy: { promote: 'stable' },
  created: '2026-01-02T03:04:05.000Z',
};

describe("a head's document", () => {
  it('is claimed once: the second who asks is told what it is', async () => {
    const store = memoryStore();
    expect(await claimHead(store, birds)).toEqual(birds);
    expect(await claimHead(store, { ...birds, dataset: 'other' })).toEqual(birds);
    expect(await readHeadDocument(store, 'birds')).toEqual(birds);
  });

  it('is not there for a head that nobody has trained', async () => {
    expect(await readHeadDocument(memoryStore(), 'birds')).toBe(null);
    await expect(requireHead(memoryStore(), 'birds')).rejects.toMatchObject({ type: 'not-found' });
  });

  it("is refused, as an error of its own, when it is damaged or another head's", async () => {
    const store = memoryStore();
    for (const text of ['{"format":', '{}', 'null', JSON.stringify({ ...birds, head: 'cats' })]) {
      await store.put(headKey('birds'), new TextEncoder().encode(text));
      await expect(requireHead(store, 'birds')).rejects.toMatchObject({ type: 'head-refused', status: 502 });
    }
  });
});
