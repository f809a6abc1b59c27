// A version's training, done again. Everything that went into it stands in its manifest or is named there by digest.

import { canonicalJson, type Manifest, type TrainRequest } from '../../lib/contract/index.ts';
import { readTrainingSet } from '../../lib/datasets/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { readHead } from '../../lib/heads/index.ts';
import { trainHead } from '../../lib/learning/index.ts';
import type { Linalg } from '../../lib/linalg/index.ts';
import { readBlob, readManifest, requireHead } from '../../lib/registry/index.ts';
import type { ObjectStore } from '../../lib/storage/index.ts';
import type { Verifier } from '../../lib/trust/index.ts';

export interface Reproduction {
  /** Digest of the published blob, and of the one trained now. */
  expected: string;
  digest: string;
  sameReport: boolean;
  seconds: number;
}

/**
 * Trains `head`'s version again.
 *
 * @throws HeadwaterError `not-found`, also where an example that it was trained on has been erased; `digest-mismatch`
 * if something has been changed
 */
export async function reproduce(
  head: string,
  version: number,
  { store, verifier, linalg }: { store: ObjectStore; verifier: Verifier; linalg: Linalg },
): Promise<Reproduction> {
  const manifest = await readManifest(store, head, version, verifier);
  if (!manifest) {
    await requireHead(store, head);
    throw new HeadwaterError('not-found', `"${head}" has no version ${version}.`);
  }
  const began = performance.now();
  const set = await trainingSetOf(manifest, store);
  const start =
    manifest.startBlob === null ? null : readHead(await readBlob(store, head, manifest.startBlob));
  const { result } = await trainHead(requestOf(manifest), set, start, linalg);
  return {
    expected: manifest.blob.digest,
    digest: result.blob.digest,
    sameReport: canonicalJson(result.report) === canonicalJson(manifest.report),
    seconds: (performance.now() - began) / 1000,
  };
}

async function trainingSetOf({ head, version, dataset, snapshot }: Manifest, store: ObjectStore) {
  try {
    return await readTrainingSet(store, dataset, snapshot);
  } catch (error) {
    if (!(error instanceof HeadwaterError) || error.type !== 'not-found') throw error;
    throw new HeadwaterError(
      'not-found',
      `${head}@${version} was trained on an example that has been erased since; it cannot be reproduced.`,
      {},
      { cause: error },
    );
  }
}

/** The request that the coordinator made of this version's job. */
function requestOf(manifest: Manifest): TrainRequest {
  const { hyperParameters, report, startBlob, strength } = manifest;
  return {
    job: manifest.job,
    epoch: 0,
    head: manifest.head,
    dataset: manifest.dataset,
    strategy: manifest.strategy,
    kind: manifest.kind,
    seed: manifest.seed,
    snapshot: manifest.snapshot,
    codeSpace: manifest.codeSpace,
    backboneDigest: manifest.backbone.digest,
    options: {
      classWeights: hyperParameters.classWeights === 'balanced' ? 'balanced' : 'none',
      strength: report.strengthFrom === 'given' ? strength : null,
      warmStart: startBlob !== null,
    },
    start: startBlob
      ? {
          version: Math.max(1, manifest.version - 1),
          blob: startBlob,
          strength,
          strengthChosenAt: Number(hyperParameters.strengthChosenAt),
        }
      : null,
  };
}
