// A whole coordinator, for tests of how things end: the runner's world with the parts around it, a trainer whose
// every training makes another blob, and what must hold of a bucket at any moment. Nothing but tests imports this.

import { expect } from 'vitest';
import {
  blobKey,
  DatasetPolicySchema,
  datasetKey,
  type ExampleRow,
  parseExampleKey,
  type TrainingData,
} from '../../../../lib/contract/index.ts';
import { readTrainingSet, type TrainingSet, tierWidth } from '../../../../lib/datasets/index.ts';
import { listVersions, readChannels, readManifest } from '../../../../lib/registry/index.ts';
import { manifestOf } from '../../../../lib/registry/testing.ts';
import { listAll, type memoryStore } from '../../../../lib/storage/index.ts';
import { sha256, toJson } from '../../../../lib/tensors/index.ts';
import { carryOnEndings } from '../ending-datasets.ts';
import type { Parts } from '../parts.ts';
import { serially } from '../serially.ts';
import { requestTraining } from '../trainings.ts';
import { type Death, dataset, keys, type MortalStore, mortalStore, teach } from './parts-node.ts';
import {
  backbone,
  codeSpace,
  codeSpaceDocument,
  codesLine,
  createWorld,
  type World,
} from './runner-world-node.ts';

const target = { backbone, taps: codeSpaceDocument.taps, codeSpace: codeSpaceDocument };

export interface EndsWorld extends World {
  whole: Parts;
  /** Another instance, over a store that dies at its call number `at`, or over the bucket as it is. */
  again(at?: number, death?: Death): MortalStore;
  train(head?: string): Promise<TrainingData>;
  /** What an alarm does about endings, until nothing is left to do. */
  carryOn(): Promise<void>;
  keys(prefix?: string): Promise<string[]>;
  /** Segments of one example each, from this number on, until a compaction merges whatever there is. */
  supersede(from: number): Promise<void>;
}

export async function createEndsWorld(examples: number): Promise<EndsWorld> {
  const world = (await createWorld(examples)) as EndsWorld;
  let trainings = 0;
  world.trainer = async function* (request) {
    if (request.path === '/v1/fills') {
      yield codesLine(request.examples.map(({ digest }) => digest));
      yield { type: 'filled' };
      return;
    }
    if (request.path !== '/v1/jobs') return;
    const body = new TextEncoder().encode(`weights of ${request.head} ${++trainings}`);
    const digest = await sha256(body);
    await world.bucket.put(blobKey(request.head, digest), body);
    const { dims, strength, temperature, calibration, confidence, openSet, ...rest } = manifestOf('x', 1);
    const { report, goldens, strategy, tail } = rest;
    // With these a training begins where the one before it ended.
    const labels = Object.keys(world.parts.index.labels()).sort();
    const hyperParameters = { strengthChosenAt: world.parts.index.examples().length };
    const blob = { digest, bytes: body.length };
    const outcome = { calibration, confidence, openSet, hyperParameters, report, goldens, tail };
    const what = { strategy, codeSpace: request.codeSpace, codeSpaceDocument: request.codeSpaceDocument };
    yield {
      type: 'trained',
      result: { blob, labels, dims, strength, temperature, ...outcome, ...what },
      stages: {},
    };
  };
  const policy = DatasetPolicySchema.parse({ format: 1, dataset, created: '2026-01-02T03:04:05.000Z' });
  await world.bucket.put(datasetKey(dataset), toJson(policy));

  world.again = (at = Number.POSITIVE_INFINITY, death = 'dies-before') => {
    const store = mortalStore(world.bucket, at, death);
    world.restart(store as unknown as ReturnType<typeof memoryStore>);
    world.whole = wholeOf(world, policy);
    return store;
  };
  world.train = async (head = 'birds') => {
    const wanted = { dataset, strategy: 'linear' as const };
    const { id } = await requestTraining(world.whole, head, wanted, target);
    await world.settle();
    return { ...(world.job(id) as unknown as TrainingData) };
  };
  world.carryOn = async () => {
    for (let i = 0; i < 20 && world.whole.journal.endings().length > 0; i++)
      await carryOnEndings(world.whole, Date.now() + i * 60_000);
    expect(world.whole.journal.endings()).toEqual([]);
  };
  world.keys = async (prefix = '') => {
    const found: string[] = [];
    for await (const { key } of listAll(world.bucket, prefix)) found.push(key);
    return found;
  };
  world.supersede = async (from) => {
    for (let i = from; i < from + tierWidth; i++) {
      await teach(world.parts, i, { codeSpace });
      await world.parts.codes.flush();
    }
    await world.parts.codes.compact();
  };
  world.again();
  return world;
}

function wholeOf(world: World, policy: Parts['policy']): Parts {
  const { sql } = world.parts;
  const transaction = <T>(work: () => T): T => {
    sql.exec('BEGIN');
    try {
      const made = work();
      sql.exec('COMMIT');
      return made;
    } catch (error) {
      sql.exec('ROLLBACK');
      throw error;
    }
  };
  const alarms = { schedule: async () => {}, wakeAt: async () => {}, ring: async () => {} };
  return {
    ...world.parts,
    dataset,
    policy: world.parts.journal.ending('remains', dataset) ? null : policy,
    runner: world.runner,
    hasTrainer: true,
    alarms,
    transaction,
    mutations: serially(),
    starts: serially(),
    keepAlive: () => {},
  };
}

/** Whatever a head's channels name can be served: nobody is ever shown half a head. */
export async function expectNoHalfHead({ bucket }: World, head: string): Promise<void> {
  const channels = (await readChannels(bucket, head, keys.verifier))?.channels;
  for (const version of [...(channels?.history ?? []), channels?.stable ?? null]) {
    if (version === null) continue;
    const manifest = await readManifest(bucket, head, version, keys.verifier);
    expect(manifest, `version ${version}`).not.toBeNull();
    expect(await bucket.head(blobKey(head, manifest!.blob.digest)), `blob of ${version}`).not.toBeNull();
  }
}

/** What every published version was trained on; throws if it cannot be read any more. */
export async function trainingSets(
  { bucket }: World,
  heads: string[],
  isWanted: (version: number) => boolean = () => true,
): Promise<Map<string, TrainingSet>> {
  const sets = new Map<string, TrainingSet>();
  for (const head of heads)
    for (const version of (await listVersions(bucket, head)).filter(isWanted)) {
      const manifest = (await readManifest(bucket, head, version, keys.verifier))!;
      for (const digest of [manifest.blob.digest, manifest.startBlob ?? manifest.blob.digest])
        expect(await bucket.head(blobKey(head, digest))).not.toBeNull();
      sets.set(`${head} ${version}`, await readTrainingSet(bucket, dataset, manifest.snapshot));
    }
  return sets;
}

/** Every image of the bucket has its row, and every row its image. */
export async function expectImagesMatchRows(world: EndsWorld): Promise<void> {
  const images = (await world.keys('examples/')).map((key) => parseExampleKey(key)!);
  const named = ({ label, digest, extension }: Pick<ExampleRow, 'label' | 'digest' | 'extension'>) =>
    `${label}/${digest}.${extension}`;
  expect(images.map(named).sort()).toEqual(world.parts.index.examples().map(named).sort());
}
