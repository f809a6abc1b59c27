import { beforeEach, describe, expect, it } from 'vitest';
import {
  type Advice,
  adviceKey,
  codeSpaceDigest,
  currentBackboneKey,
  type HeadTarget,
} from '../../../lib/contract/index.ts';
import { toJson } from '../../../lib/tensors/index.ts';
import { readAdvice, requestAdvice } from './advising.ts';
import type { Parts } from './parts.ts';
import { serially } from './serially.ts';
import { dataset, teach } from './testing/parts-node.ts';
import {
  backbone,
  codeSpace,
  codeSpaceDocument,
  createWorld,
  useFrozenDate,
  type World,
} from './testing/runner-world-node.ts';

useFrozenDate();
const target: HeadTarget = { backbone, taps: codeSpaceDocument.taps, codeSpace: codeSpaceDocument };
const estimate = { value: 0.9, low: 0.8, high: 1 };

/** What a trainer answers about a snapshot. */
const adviceOn = (snapshot: string): Advice => ({
  format: 1,
  ...{ dataset, backbone, snapshot },
  ...{ case: 'small-similar', strategy: 'linear', tap: null, tuning: {}, seconds: 1, doubling: null },
  expected: estimate,
  words: ['Train a linear head.'],
  evidence: {
    ...{ examples: 4, classes: 2, perClass: { least: 2, median: 2, most: 2 }, learningCurve: [], ladder: [] },
    similarity: { verdict: 'unavailable', reference: null, score: null, scale: [], reason: 'x' },
    ...{ cost: [], device: 'cpu' },
  },
});

let world: World;
let parts: Parts;
beforeEach(async () => {
  world = await createWorld(4);
  const { runner } = world;
  parts = { ...world.parts, dataset, runner, starts: serially(), hasTrainer: true } as unknown as Parts;
});

async function advised(answer: (snapshot: string) => Advice = adviceOn) {
  world.trainer = async function* (request) {
    if (request.path !== '/v1/advice') throw new Error(`asked for ${request.path}`);
    yield { type: 'progress', progress: 0.5, stage: 'advise', note: 'the ladder' };
    yield { type: 'advised', advice: answer(request.snapshot), stages: {} };
  };
  const { id } = await requestAdvice(parts, target);
  await world.settle();
  return world.job(id);
}

describe('advice', () => {
  it('is stored before its job has succeeded, and is not stale while the data stays as it is', async () => {
    expect(await advised()).toMatchObject({
      status: 'succeeded',
      task: 'advise',
      head: null,
      place: 'trainer',
    });
    expect(await world.bucket.head(adviceKey(dataset, backbone.name))).not.toBeNull();
    expect(world.asked[0]).toMatchObject({ codeSpace: await codeSpaceDigest(codeSpaceDocument), seed: 0 });
    expect(await readAdvice(parts, backbone.name)).toMatchObject({ stale: false, words: expect.any(Array) });
  });

  it('is stale once an image has come or has another label, and not for one that cannot be read', async () => {
    await advised();
    const row = await teach(world.parts, 9, { code: false });
    expect(await readAdvice(parts, backbone.name)).toMatchObject({ stale: true });
    world.parts.index.markUnreadable(codeSpace, row.digest, 'truncated');
    expect(await readAdvice(parts, backbone.name)).toMatchObject({ stale: false });
    await teach(world.parts, 1, { label: 'other', codeSpace });
    expect(await readAdvice(parts, backbone.name)).toMatchObject({ stale: true });
  });

  it('is stale once the backbone of that name is another file', async () => {
    await advised();
    const put = (digest: string) =>
      world.bucket.put(
        currentBackboneKey(backbone.name),
        toJson({ format: 1, name: backbone.name, digest, updated: '2026-01-02T03:04:05.000Z' }),
      );
    await put(backbone.digest);
    expect(await readAdvice(parts, backbone.name)).toMatchObject({ stale: false });
    await put('e'.repeat(64));
    expect(await readAdvice(parts, backbone.name)).toMatchObject({ stale: true });
  });

  it('says how to ask for it where nobody has', async () => {
    await expect(readAdvice(parts, 'net')).rejects.toMatchObject({
      type: 'not-found',
      message: expect.stringContaining('POST /v1/datasets/{ds}/advice'),
    });
  });

  it('on something else than was asked is not kept', async () => {
    const job = await advised((snapshot) => ({ ...adviceOn(snapshot), dataset: 'other' }));
    expect(job).toMatchObject({ status: 'failed', error: { type: 'trainer-failed' } });
    await expect(readAdvice(parts, backbone.name)).rejects.toMatchObject({ type: 'not-found' });
  });

  it('needs a trainer, and two labels', async () => {
    await expect(requestAdvice({ ...parts, hasTrainer: false }, target)).rejects.toMatchObject({
      type: 'trainer-unavailable',
    });
    const few = await createWorld(1);
    const alone = { ...parts, ...few.parts } as Parts;
    await expect(requestAdvice(alone, target)).rejects.toMatchObject({ type: 'too-few-examples' });
  });
});
