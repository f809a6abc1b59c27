// A version's training, done again. Everything that went into it stands in its manifest or is named there by digest.

import { openParts, type Workshop } from '../../functions/trainer/strategy-parts.ts';
import {
  canonicalJson,
  type Manifest,
  type TrainRequest,
  type TrainResult,
} from '../../lib/contract/index.ts';
import { readSnapshot, readTrainingSet } from '../../lib/datasets/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { readHead } from '../../lib/heads/index.ts';
import { trainHead } from '../../lib/learning/index.ts';
import { trainStrategy } from '../../lib/learning/strategies/index.ts';
import type { Linalg } from '../../lib/linalg/index.ts';
import { readBlob, readManifest, requireHead } from '../../lib/registry/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import type { Verifier } from '../../lib/trust/index.ts';
import { requestOf } from './request-of.ts';

export interface ReproduceParts {
  store: ObjectStore;
  verifier: Verifier;
  linalg: Linalg;
  /** For trainings that read images. */
  workshop(): Promise<Workshop>;
}

export interface Reproduction {
  /** Digest of the published blob, and of the one trained now. */
  expected: string;
  digest: string;
  sameReport: boolean;
  seconds: number;
}

/**
 * Trains `head`'s version again, on the CPU. What was trained on a GPU may differ in its last bits.
 *
 * @throws HeadwaterError `not-found`, also where an example that it was trained on has been erased; `digest-mismatch`
 * if something has been changed
 */
export async function reproduce(head: string, version: number, parts: ReproduceParts): Promise<Reproduction> {
  const { store, verifier } = parts;
  const manifest = await readManifest(store, head, version, verifier);
  if (!manifest) {
    await requireHead(store, head);
    throw new HeadwaterError('not-found', `"${head}" has no version ${version}.`);
  }
  const began = performance.now();
  const { codeSpace } = await readSnapshot(store, manifest.dataset, manifest.snapshot);
  const request = await requestOf(manifest, async () => (await requireHead(store, head)).taps, codeSpace);
  const result = await (manifest.strategy === 'linear' ? linear : tuned)(manifest, request, parts);
  return {
    expected: digestsOf(manifest),
    digest: digestsOf(result),
    sameReport: reportOf(result) === reportOf(manifest),
    seconds: (performance.now() - began) / 1000,
  };
}

/** One digest, or with a tail those of head and program. */
const digestsOf = ({ blob, tail }: Pick<TrainResult, 'blob' | 'tail'>) =>
  tail ? `${blob.digest} ${tail.program.digest}` : blob.digest;

/** `run` says how long it took, and where; `auto` what else was tried, which is not tried again. */
function reportOf({ report: { run: _run, auto: _auto, ...report } }: Pick<TrainResult, 'report'>): string {
  return canonicalJson(report);
}

async function linear(manifest: Manifest, request: TrainRequest, { store, linalg }: ReproduceParts) {
  const set = await trainingSetOf(manifest, store);
  const { startBlob, head } = manifest;
  const start = startBlob === null ? null : readHead(await readBlob(store, head, startBlob));
  return (await trainHead(request, set, start, linalg)).result;
}

async function tuned(manifest: Manifest, request: TrainRequest, { workshop }: ReproduceParts) {
  const { parts, leftOut, close } = await openParts(request, await workshop());
  try {
    if (leftOut > 0) throw erased(manifest);
    // Nothing is written, and nothing taken over from another run.
    const checkpoints = { load: async () => null, save: async () => {}, clear: async () => {} };
    return (await trainStrategy(request, { ...parts, checkpoints })).result;
  } finally {
    await close();
  }
}

async function trainingSetOf(manifest: Manifest, store: ObjectStore) {
  try {
    return await readTrainingSet(store, manifest.dataset, manifest.snapshot);
  } catch (error) {
    if (!(error instanceof HeadwaterError) || error.type !== 'not-found') throw error;
    throw erased(manifest, error);
  }
}

const erased = ({ head, version }: Manifest, cause?: unknown) =>
  new HeadwaterError(
    'not-found',
    `${head}@${version} was trained on an example that has been erased since; it cannot be reproduced.`,
    {},
    { cause },
  );
