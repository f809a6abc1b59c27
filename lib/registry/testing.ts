// Documents and keys for tests. Nothing but tests imports this.

import { type Channels, type Manifest, payloadTypes, versionKey } from '../contract/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { sha256 } from '../tensors/index.ts';
import { generateSigningKeys, importSigner, importVerifier, publicKeysOf, seal } from '../trust/index.ts';
import { readChannels, writeChannels } from './channels.ts';

export const at = '2026-01-02T03:04:05.678Z';
const digest = await sha256('some digest');
const codeSpaceDocument: Manifest['codeSpaceDocument'] = {
  backbone: digest,
  taps: [{ op: 'relu', pooling: 'avg', pre: false }],
  arithmetic: { kind: 'float32', quantisation: null, kernel: 'test' },
  recipe: { size: 8, fit: 'stretch', channelOrder: 'rgb', mean: [0, 0, 0], scale: [1, 1, 1] },
  imagePipeline: 'test',
};

/** A signer with the verifier that knows it. */
export async function testKeys() {
  const keys = await generateSigningKeys();
  return {
    keys,
    signer: await importSigner(keys.artefacts),
    verifier: await importVerifier(publicKeysOf(keys).artefacts),
  };
}

export function manifestOf(head: string, version: number, changes: Partial<Manifest> = {}): Manifest {
  return {
    format: 1,
    head,
    version,
    dataset: 'ds',
    strategy: 'linear',
    kind: 'softmax',
    labels: ['a', 'b'],
    dims: 2,
    backbone: { name: 'net', digest },
    codeSpace: digest,
    codeSpaceDocument,
    blob: { digest, bytes: 1 },
    temperature: 1,
    calibration: 'none',
    confidence: 'uncalibrated',
    openSet: null,
    strength: 1,
    hyperParameters: {},
    seed: 0,
    startBlob: null,
    snapshot: digest,
    report: {
      examples: 2,
      labels: [],
      dims: 2,
      strength: 1,
      fittedOn: 'all',
      heldOut: null,
      outOfFold: null,
    },
    goldens: [],
    tail: null,
    options: null,
    job: 'job',
    created: at,
    ...changes,
  };
}

export function channelsOf(head: string, sequence: number, stable: number | null): Channels {
  return {
    format: 1,
    head,
    sequence,
    stable,
    canary: null,
    canaryPercent: 0,
    pin: null,
    history: [],
    updated: at,
  };
}

type Keys = Awaited<ReturnType<typeof testKeys>>;

/** Puts a signed manifest where it belongs, whatever stands there. */
export async function putManifest(store: ObjectStore, manifest: Manifest, { signer }: Keys): Promise<void> {
  const key = versionKey(manifest.head, manifest.version);
  await store.put(key, await seal(payloadTypes.manifest, manifest, signer));
}

/** Replaces a head's channels. */
export async function putChannels(store: ObjectStore, next: Channels, keys: Keys): Promise<void> {
  const there = await readChannels(store, next.head, keys.verifier);
  await writeChannels(store, next, there, keys.signer);
}
