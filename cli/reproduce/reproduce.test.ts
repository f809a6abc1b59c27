// Every way to a version, trained again from what its manifest says.

import { beforeAll, describe, expect, it } from 'vitest';
import { freezeSynthetic } from '../../functions/control/coordinator/testing/frozen.ts';
import {
  blobKey,
  codesPrefix,
  type Manifest,
  type TrainRequest,
  versionKey,
} from '../../lib/contract/index.ts';
import { readTrainingSet } from '../../lib/datasets/index.ts';
import { readHead } from '../../lib/heads/index.ts';
import { trainHead } from '../../lib/learning/index.ts';
import { createLinalg } from '../../lib/linalg/index.ts';
import { claimHead, readBlob, writeManifest } from '../../lib/registry/index.ts';
import { at, manifestOf, testKeys } from '../../lib/registry/testing.ts';
import { listAll, memoryStore } from '../../lib/storage/index.ts';
import { reproduce } from './reproduce.ts';

const store = memoryStore();
const linalg = createLinalg();
const keys = await testKeys();
const parts = {
  ...{ store, linalg, verifier: keys.verifier },
  workshop: () => Promise.reject(new Error('a linear head reads no image')),
};
let versions = 0;
let frozen: TrainRequest;

beforeAll(async () => {
  frozen = await freezeSynthetic(store, { n: 90, dims: 40, classes: 3 });
});

/** Trains and publishes as trainer and coordinator do. */
async function publish(changes: Partial<TrainRequest>, report: object = {}): Promise<Manifest> {
  const request = { ...frozen, ...changes };
  const set = await readTrainingSet(store, request.dataset, request.snapshot);
  const start = request.start && readHead(await readBlob(store, request.head, request.start.blob));
  const { blob, result } = await trainHead(request, set, start, linalg);
  await store.put(blobKey(request.head, result.blob.digest), blob);
  const { head, dataset, kind, seed, snapshot, codeSpace } = request;
  const manifest = manifestOf(head, ++versions, {
    ...result,
    ...{ dataset, kind, seed, snapshot, codeSpace },
    report: { ...result.report, ...report },
    backbone: request.backbone,
    options: request.options,
    startBlob: request.start?.blob ?? null,
  });
  expect(await writeManifest(store, manifest, keys.signer)).toBe(true);
  return manifest;
}

const again = ({ version }: Manifest) => reproduce(frozen.head, version, parts);

async function expectSame(manifest: Manifest) {
  expect(await again(manifest)).toMatchObject({ digest: manifest.blob.digest, sameReport: true });
}

/** A warm start at a version, as `warmStart` of the coordinator decides it. */
const from = ({ version, blob, strength, hyperParameters }: Manifest): Partial<TrainRequest> => ({
  options: { ...frozen.options, warmStart: true },
  start: { version, blob: blob.digest, strength, strengthChosenAt: Number(hyperParameters.strengthChosenAt) },
});

describe.each(['softmax', 'svm'] as const)('the same head and report come of a %s', (kind) => {
  it('whose strength was found, with its seed', async () => {
    await expectSame(await publish({ kind, seed: 77 }));
  });

  it('whose strength was given, with balanced classes', async () => {
    const options = { ...frozen.options, strength: 0.3, classWeights: 'balanced' as const };
    const manifest = await publish({ kind, options });
    expect(manifest.report).toMatchObject({ strengthFrom: 'given', strength: 0.3 });
    await expectSame(manifest);
  });

  it('that began at one that began at one whose strength was given', async () => {
    const first = await publish({ kind, options: { ...frozen.options, strength: 0.07 } });
    const second = await publish({ kind, seed: 2, ...from(first) });
    const third = await publish({ kind, seed: 3, ...from(second) });
    expect(third).toMatchObject({ startBlob: second.blob.digest, report: { strengthFrom: 'kept' } });
    for (const manifest of [second, third]) await expectSame(manifest);
  });
});

it('the same head and report come of what auto has chosen, without another look at what else it tried', async () => {
  const options = { ...frozen.options, strategy: 'auto' as const };
  await expectSame(await publish({ options }, { auto: { tried: [{ strategy: 'linear-early' }] } }));
});

it('says what is missing where the weights that it began at are gone', async () => {
  const first = await publish({ seed: 8 });
  const second = await publish({ seed: 9, ...from(first) });
  await store.delete([blobKey(frozen.head, first.blob.digest)]);
  await expect(again(second)).rejects.toMatchObject({
    type: 'head-refused',
    message: expect.stringMatching(/missing from storage/),
  });
});

it('says that there is no such head, or no such version of it', async () => {
  await expect(reproduce('nobody', 1, parts)).rejects.toMatchObject({
    type: 'not-found',
    message: expect.stringContaining('There is no head "nobody"'),
  });
  const { head, dataset, strategy, kind } = frozen;
  const { backbone, codeSpaceDocument } = manifestOf(head, 1);
  const claimed = { head, dataset, strategy, kind, backbone, taps: codeSpaceDocument.taps, created: at };
  await claimHead(store, { format: 1, ...claimed, policy: { promote: 'stable' } });
  await expect(reproduce(head, 999, parts)).rejects.toThrow('has no version 999');
});

it('says that an example has been erased where the codes of one are gone', async () => {
  const bucket = memoryStore();
  for await (const { key } of listAll(store, '')) await bucket.put(key, (await store.get(key))!.body);
  const { version } = await publish({ seed: 10 });
  const manifest = versionKey(frozen.head, version);
  await bucket.put(manifest, (await store.get(manifest))!.body);
  const { objects } = await bucket.list({ prefix: codesPrefix(frozen.dataset), limit: 1 });
  await bucket.delete([objects[0]!.key]);
  const again = reproduce(frozen.head, version, { ...parts, store: bucket });
  await expect(again).rejects.toMatchObject({
    type: 'not-found',
    message: expect.stringMatching(/on an example that has been erased since; it cannot be reproduced/),
  });
});
