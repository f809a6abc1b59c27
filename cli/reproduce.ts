// `npm run reproduce -- <head>@<version>`: trains a version again, from the snapshot, start and settings that its
// signed manifest states, and compares digests. Reads the bucket; writes nothing.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workshop } from '../functions/trainer/strategy-parts.ts';
import { createBackboneLibrary, createMemoryBudget } from '../lib/codes/index.ts';
import { HeadwaterError } from '../lib/errors/index.ts';
import { loadImagePipeline } from '../lib/image/image-node.ts';
import { findDevice } from '../lib/learning/gradients/device-node.ts';
import type { Linalg } from '../lib/linalg/index.ts';
import { loadLinalg } from '../lib/linalg/linalg-node.ts';
import type { ObjectStore } from '../lib/storage/index.ts';
import { importVerifier } from '../lib/trust/index.ts';
import { stateAt } from '../scripts/dev/state.ts';
import { openBucket } from './bucket.ts';
import { reproduce } from './reproduce/reproduce.ts';
import { run } from './run.ts';

const usage = `Usage
  npm run reproduce -- <head>@<version>   e.g. insects@3

Works on the instance that runs on this machine, or on the bucket that S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY_ID
and S3_SECRET_ACCESS_KEY name, with HEADWATER_PUBLIC_KEYS to check signatures by.`;

async function main(): Promise<void> {
  const [, head, number] = /^(.+)@([1-9]\d{0,14})$/.exec(process.argv[2] ?? '') ?? [];
  if (!head || !number || process.argv.length > 3) {
    console.log(usage);
    process.exitCode = process.argv.length > 2 ? 2 : 0;
    return;
  }
  const bucket = await openBucket(stateAt(process.env.HEADWATER_STATE || '.headwater'));
  if (!bucket)
    throw new HeadwaterError(
      'storage-unavailable',
      'Nothing runs here (npm start), and S3_ENDPOINT names no bucket.',
    );
  if (!bucket.keys)
    throw new HeadwaterError(
      'bad-request',
      'Set HEADWATER_PUBLIC_KEYS: a manifest counts only with its signature.',
    );
  try {
    const { store } = bucket;
    const linalg = await loadLinalg();
    const verifier = await importVerifier(bucket.keys.artefacts);
    const parts = { store, verifier, linalg, workshop: () => openWorkshop(store, linalg) };
    const { expected, digest, sameReport, seconds } = await reproduce(
      head.normalize('NFC'),
      Number(number),
      parts,
    );
    console.log(`published  ${expected}\nretrained  ${digest}  (${seconds.toFixed(1)} s)`);
    if (digest === expected && sameReport)
      return console.log(`The same, bit for bit: ${head}@${number} is reproduced.`);
    console.log(digest === expected ? 'The weights are the same, the report is not.' : 'They differ.');
    process.exitCode = 1;
  } finally {
    bucket.close();
  }
}

/** What a trainer has, here. */
async function openWorkshop(store: ObjectStore, linalg: Linalg): Promise<Workshop> {
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const memory = createMemoryBudget({ clock: Date.now, sleep, maxBytes: 1024 ** 3 });
  return {
    store,
    backbones: createBackboneLibrary({ store, memory, clock: Date.now, sleep }),
    pipeline: await loadImagePipeline(),
    linalg,
    devices: findDevice(process.env),
    cacheFolder: await mkdtemp(join(tmpdir(), 'headwater-reproduce-')),
  };
}

await run(main);
