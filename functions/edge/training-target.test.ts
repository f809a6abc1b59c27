import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type Backbone,
  type BackboneLibrary,
  codeSpaceOf,
  defaultTapOf,
  parseBackbone,
  tapOf,
} from '../../lib/codes/index.ts';
import type { TrainingRequestData } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { claimHead } from '../../lib/registry/index.ts';
import { memoryStore } from '../../lib/storage/index.ts';
import { trainingTarget } from './training-target.ts';

const file = readFileSync(new URL('../../build/backbone.safetensors', import.meta.url));
const digests = { old: '1'.repeat(64), new: '2'.repeat(64), other: '3'.repeat(64) };
const original = parseBackbone(file, 'net', digests.old);
const final = await tapOf(original, 'final');

/** "net" has moved on from the file that the head "made" was made with. */
async function world() {
  const store = memoryStore();
  const all: Backbone[] = [
    original,
    { ...original, digest: digests.new },
    { ...original, name: 'other', digest: digests.other },
  ];
  const find = (digest: string | undefined) => {
    const backbone = all.find((one) => one.digest === digest);
    if (!backbone) throw new HeadwaterError('unknown-backbone', 'There is none.');
    return backbone;
  };
  const backbones = {
    defaultName: 'net',
    byName: async (name) => find({ net: digests.new, other: digests.other }[name ?? 'net']),
    byDigest: async (_, digest) => find(digest),
    placeAt: async () => Promise.reject(new Error('not asked for')),
    list: async () => [],
  } satisfies BackboneLibrary;
  await claimHead(store, {
    format: 1,
    head: 'made',
    dataset: 'ds',
    strategy: 'linear',
    kind: 'softmax',
    backbone: { name: 'net', digest: digests.old },
    taps: [final],
    policy: { promote: 'stable' },
    created: '2026-01-02T03:04:05.678Z',
  });
  return { store, backbones };
}
const target = async (head: string, request: Partial<TrainingRequestData>) =>
  trainingTarget(await world(), head, { dataset: 'ds', strategy: 'linear', ...request });

describe('the target of a training', () => {
  it('of a new head is the default backbone at its default tap', async () => {
    expect(await target('new', {})).toEqual({
      backbone: { name: 'net', digest: digests.new },
      taps: [defaultTapOf(original)],
      codeSpace: codeSpaceOf({ ...original, digest: digests.new }, [defaultTapOf(original)]),
    });
  });

  it('of a new head is what the request names', async () => {
    expect(await target('new', { backbone: 'other', tap: 'final:pre' })).toMatchObject({
      backbone: { name: 'other', digest: digests.other },
      taps: [{ ...final, pre: true }],
    });
  });

  it('of a head that exists is the very file and the taps that it was made with', async () => {
    expect(await target('made', {})).toMatchObject({
      backbone: { name: 'net', digest: digests.old },
      taps: [final],
      codeSpace: { backbone: digests.old },
    });
  });

  it('at another size is another space, with nothing else changed', async () => {
    const { codeSpace } = await target('new', {});
    const { recipe } = codeSpace;
    expect((await target('new', { size: 160 })).codeSpace).toEqual({
      ...codeSpace,
      recipe: { ...recipe, size: 160 },
    });
    expect((await target('new', { size: recipe.size })).codeSpace).toEqual(codeSpace);
  });

  it('is refused at a size that no network of this kind takes', async () => {
    await expect(target('new', { size: 8 })).rejects.toMatchObject({ type: 'bad-request' });
  });

  it.each([
    [{ tuning: { epochs: 3 } }, /"linear" trains none/],
    [{ strategy: 'linear-early' as const, tuning: { refit: false } }, /trains none/],
    [{ strategy: 'fine-tune-all' as const, tuning: { from: 'final' } }, /trains every layer/],
  ])('is refused with a tuning that its strategy would ignore: %j', async (request, detail) => {
    await expect(target('new', request)).rejects.toMatchObject({
      type: 'bad-request',
      message: expect.stringMatching(detail),
    });
  });

  it.each([
    ['backbone', { backbone: 'none' }, 'unknown-backbone'],
    ['tap', { tap: 'none' }, 'unknown-tap'],
    ['tap of tuning', { strategy: 'fine-tune-top' as const, tuning: { from: 'none' } }, 'unknown-tap'],
  ])('is refused for an unknown %s', async (_, request, type) => {
    await expect(target('new', request)).rejects.toMatchObject({ type });
  });
});
