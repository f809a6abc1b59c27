import { describe, expect, it } from 'vitest';
import { blobKey, payloadTypes, versionKey, versionsPrefix } from '../contract/index.ts';
import { memoryStore } from '../storage/index.ts';
import { sha256, toJson } from '../tensors/index.ts';
import { seal } from '../trust/index.ts';
import { readBlob } from './blob.ts';
import { claimHead, readHeadDocument, requireHead } from './heads.ts';
import { at, manifestOf, testKeys } from './testing.ts';
import { listVersions, readManifest, writeManifest } from './versions.ts';

const head = 'birds';

describe('manifests', () => {
  it('are written once: the same again is true, another one under the number is false', async () => {
    const store = memoryStore();
    const { signer, verifier } = await testKeys();
    const manifest = manifestOf(head, 1);
    expect(await writeManifest(store, manifest, signer)).toBe(true);
    expect(await writeManifest(store, manifest, signer)).toBe(true);
    expect(await writeManifest(store, { ...manifest, seed: 7 }, signer)).toBe(false);
    expect(await readManifest(store, head, 1, verifier)).toEqual(manifest);
    expect(await readManifest(store, head, 2, verifier)).toBeNull();
  });

  it('are refused under another number or head, of another type, or signed by a stranger', async () => {
    const { signer, verifier } = await testKeys();
    const stranger = (await testKeys()).signer;
    const manifest = manifestOf(head, 1);
    const bad: Record<string, Uint8Array> = {
      'another number': await seal(payloadTypes.manifest, manifestOf(head, 2), signer),
      'another head': await seal(payloadTypes.manifest, manifestOf('bees', 1), signer),
      'another type': await seal(payloadTypes.channels, manifest, signer),
      'a stranger': await seal(payloadTypes.manifest, manifest, stranger),
      unsigned: toJson(manifest),
    };
    for (const [what, body] of Object.entries(bad)) {
      const store = memoryStore();
      await store.put(versionKey(head, 1), body);
      await expect(readManifest(store, head, 1, verifier), what).rejects.toMatchObject({
        type: 'bad-signature',
      });
    }
  });

  it('are listed by number, and what is no version is not', async () => {
    const store = memoryStore();
    for (const name of ['10.json', '9.json', '1.json', '01.json', 'x.json', '0.json', '2.json.bak'])
      await store.put(versionsPrefix(head) + name, new Uint8Array());
    await store.put(versionKey('birds too', 3), new Uint8Array());
    expect(await listVersions(store, head)).toEqual([1, 9, 10]);
  });
});

describe('blobs', () => {
  it('are what their digest says, or refused', async () => {
    const store = memoryStore();
    const body = new Uint8Array([1, 2, 3]);
    const digest = await sha256(body);
    await expect(readBlob(store, head, digest)).rejects.toMatchObject({ type: 'head-refused' });
    await store.put(blobKey(head, digest), body);
    expect(await readBlob(store, head, digest)).toEqual(body);
    await store.put(blobKey(head, digest), new Uint8Array([1, 2, 4]));
    await expect(readBlob(store, head, digest)).rejects.toMatchObject({ type: 'digest-mismatch' });
  });
});

describe('head.json', () => {
  const wanted = (dataset: string) => ({
    format: 1 as const,
    head,
    dataset,
    strategy: 'linear' as const,
    kind: 'softmax' as const,
    backbone: manifestOf(head, 1).backbone,
    taps: [{ op: 'relu', pooling: 'avg' as const, pre: false }],
    policy: { promote: 'stable' as const },
    created: at,
  });

  it('is claimed by one of many, and all are told the same', async () => {
    const store = memoryStore();
    const datasets = Array.from({ length: 12 }, (_, i) => `ds ${i}`);
    const claims = await Promise.all(datasets.map((dataset) => claimHead(store, wanted(dataset))));
    const stored = await requireHead(store, head);
    expect(new Set(claims.map(({ dataset }) => dataset))).toEqual(new Set([stored.dataset]));
    expect(await claimHead(store, wanted('later'))).toEqual(stored);
  });

  it('is missing until then', async () => {
    const store = memoryStore();
    expect(await readHeadDocument(store, head)).toBeNull();
    await expect(requireHead(store, head)).rejects.toMatchObject({ type: 'not-found' });
  });
});
