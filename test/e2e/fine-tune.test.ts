// Fine-tuning over HTTP with real processes: photographs taught, layers moved by the trainer, a version whose tail
// answers at the edge as it did there; a trainer that is killed in the middle; advice; and a version that becomes a
// backbone for others. On the smallest ImageNet net at hand, for few epochs: what is shown is the path.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createBackboneLibrary,
  createCoder,
  createMemoryBudget,
  createTurnstile,
  tailPlaceOf,
} from '../../lib/codes/index.ts';
import { type AdviceData, backboneKey, blobKey, type TrainingData } from '../../lib/contract/index.ts';
import { predict, readHead } from '../../lib/heads/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { compilePlain, plainModule } from '../../lib/inference/compile-node.ts';
import { startWith } from '../../lib/inference/start-program.ts';
import { readManifest } from '../../lib/registry/index.ts';
import { importVerifier } from '../../lib/trust/index.ts';
import { inParallel } from '../../scripts/demo/in-parallel.ts';
import { root } from '../../scripts/dev/configs.ts';
import { publicKeys } from '../../scripts/dev/state.ts';
import { hasHymenoptera, labels, photos, sharedFolder } from '../support/hymenoptera.ts';
import { full, useInstance } from '../support/instance.ts';
import { refusal, sleep, train, until, untilOver, untilVersion, versionsOf } from '../support/steps.ts';

const net = join(sharedFolder, 'backbones/mobilenet-v1-0.25-128-imagenet-onnx-derived');
const isThere = hasHymenoptera && existsSync(net);
if (!isThere) console.log('fine-tune: skipped, ../shared has no photographs or no mobilenet-v1-0.25-128');

const perLabel = 20;
const dataset = 'insects';
const fineTuning = {
  backbone: 'small',
  strategy: 'fine-tune-top',
  device: 'cpu',
  seed: 3,
  // Small steps, so that one of them is better than none.
  tuning: { epochs: 3, batchSize: 8, learningRate: 1e-3 },
};
/** One that can be killed so often, saving its state every second. */
const kills = full ? 10 : 2;
const lasting = {
  ...fineTuning,
  tuning: { epochs: 4 * kills, batchSize: 8, learningRate: 1e-3, patience: 4 * kills },
};
process.env.HEADWATER_CHECKPOINT_SECONDS = '1';
/** Of the progress bar, what the epochs take. */
const trainingFrom = 0.4;
const trainingShare = 0.45;
/** One that lasts long enough to be interrupted. */
const long = { ...fineTuning, tuning: { epochs: 40, batchSize: 8, learningRate: 1e-3, patience: 40 } };
const minutes = 60_000;

describe.skipIf(!isThere)('fine-tuning', () => {
  const hw = useInstance();
  const some = (split: 'train' | 'val', count: number) =>
    labels.flatMap((label) =>
      photos(split)
        .filter((photo) => photo.label === label)
        .slice(0, count),
    );

  function commandEnv() {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = hw.stack.s3;
    return {
      ...process.env,
      HEADWATER_STATE: hw.folder(),
      ...{ S3_ENDPOINT: endpoint, S3_BUCKET: bucket },
      ...{ S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey },
      HEADWATER_PUBLIC_KEYS: JSON.stringify(publicKeys(hw.stack.keys)),
    };
  }

  beforeAll(async () => {
    const added = spawnSync(
      process.execPath,
      ['cli/backbone.ts', 'add', net, '--name', 'small', '--preset', 'imagenet-tf'],
      { cwd: root, encoding: 'utf8', env: commandEnv() },
    );
    expect(added.stderr).toBe('');
    await inParallel(some('train', perLabel), 4, ({ label, bytes }) => hw.api.teach(dataset, label, bytes));
  });

  const untilNoted = (id: string, after = 0) =>
    until(
      `the training ${id} is in its epochs`,
      async () => {
        const { note, progress, status } = await hw.api.training(id);
        if (status !== 'running' && status !== 'queued') throw new Error(`it has ended ${status}`);
        return note?.includes('epoch') && progress > after;
      },
      2 * minutes,
    );

  it('refuses at once what it cannot do, before a head has the name', async () => {
    const ask = async (more: object) =>
      refusal(await hw.api.call('POST', '/v1/heads/none/trainings', { dataset, ...fineTuning, ...more }));
    expect(await ask({ tuning: { from: 'no such layer' } })).toMatchObject({ type: 'unknown-tap' });
    const unknown = await ask({ tuning: { rate: 1 } });
    expect([unknown.status, unknown.detail]).toEqual([400, expect.stringContaining('"rate"')]);
    expect(await hw.api.head('none')).toBeNull();
  });

  it('publishes a version whose tail answers at the edge as it did in the trainer', {
    timeout: 5 * minutes,
  }, async () => {
    const { id } = await hw.api.train('tuned', dataset, fineTuning);
    await untilNoted(id);
    const training = await untilOver(hw.api, id, 4 * minutes);
    expect(training).toMatchObject({ status: 'succeeded', version: 1, task: 'train' });
    const [row] = (await versionsOf(hw.api, 'tuned')).versions;
    expect(row).toMatchObject({ strategy: 'fine-tune-top', tail: { bytes: expect.any(Number) } });
    const judged = some('val', 10);
    await untilVersion(hw.api, 'tuned', 1, judged[0]!.bytes);
    const here = await sameProgram('tuned', 1);
    for (const { bytes } of judged) {
      const [edge, trainer] = [(await hw.api.classify('tuned', bytes)).predictions, await here(bytes)];
      expect(edge[0]!.label).toBe(trainer[0]!.label);
      for (const { label, probability } of trainer)
        expect(Math.abs(edge.find((row) => row.label === label)!.probability - probability)).toBeLessThan(
          1e-3,
        );
    }
  });

  it(`goes on after ${kills} kills of the trainer, to the same weights`, {
    timeout: 20 * minutes,
  }, async () => {
    const undisturbed = await train(hw.api, 'calm', dataset, lasting);
    const { id } = await hw.api.train('killed', dataset, lasting);
    for (let k = 0; k < kills; k++) {
      await untilNoted(id, trainingFrom + (k / kills) * trainingShare);
      await hw.killTrainer();
      await hw.stack.restartTrainer();
    }
    const training = await untilOver(hw.api, id, 5 * minutes);
    expect([undisturbed.status, training.status]).toEqual(['succeeded', 'succeeded']);
    const blobs = await Promise.all(
      ['calm', 'killed'].map(async (head) => (await versionsOf(hw.api, head)).versions[0]!.blob),
    );
    expect(new Set(blobs).size).toBe(1);
    expect(await hw.store.list({ prefix: `jobs/${dataset}/` })).toMatchObject({
      objects: expect.not.arrayContaining([
        expect.objectContaining({ key: expect.stringContaining('checkpoint') }),
      ]),
    });
  });

  it('is reproduced by the command that users have', { timeout: 4 * minutes }, () => {
    const again = spawnSync(process.execPath, ['cli/reproduce.ts', 'tuned@1'], {
      cwd: root,
      encoding: 'utf8',
      env: commandEnv(),
    });
    expect(again.stdout + again.stderr).toContain('The same, bit for bit');
  });

  it('is cancelled within seconds', { timeout: 4 * minutes }, async () => {
    const { id } = await hw.api.train('cancelled', dataset, long);
    await untilNoted(id);
    await hw.api.json('POST', `/v1/trainings/${id}/cancel`);
    expect(await hw.api.training(id)).toMatchObject({ status: 'cancelled' });
    await until('the trainer has let go', async () => hw.log('trainer').includes(`train ${id}: stopped`));
    // It has a thread for whoever comes next.
    expect((await train(hw.api, 'after', dataset, { backbone: 'small', warmStart: false })).status).toBe(
      'succeeded',
    );
  });

  it('is advised on, and says when the data has moved', { timeout: 8 * minutes }, async () => {
    const path = `/v1/datasets/${dataset}/advice`;
    const none = await refusal(await hw.api.call('GET', `${path}?backbone=small`));
    expect([none.status, none.detail]).toEqual([404, expect.stringContaining('POST')]);
    const { id } = await hw.api.json<TrainingData>('POST', path, { backbone: 'small' });
    expect(await untilOver(hw.api, id, 6 * minutes)).toMatchObject({ status: 'succeeded', task: 'advise' });
    const advice = await hw.api.json<AdviceData>('GET', `${path}?backbone=small`);
    expect(advice).toMatchObject({ dataset, stale: false });
    expect(advice.words.length).toBeGreaterThan(0);
    const [late] = some('val', 1);
    await hw.api.teach(dataset, late!.label, late!.bytes);
    expect(await hw.api.json<AdviceData>('GET', `${path}?backbone=small`)).toMatchObject({ stale: true });
  });

  it('makes a backbone that others train on', { timeout: 5 * minutes }, async () => {
    const wanted = { name: 'insect net', head: 'tuned', version: 1 };
    const { id } = await hw.api.json<TrainingData>('POST', '/v1/backbones', wanted);
    expect(await untilOver(hw.api, id, 4 * minutes)).toMatchObject({ status: 'succeeded', task: 'share' });
    const again = await refusal(await hw.api.call('POST', '/v1/backbones', wanted));
    expect([again.status, again.type]).toEqual([409, 'conflict']);
    const { backbones } = await hw.api.json<{ backbones: { name: string; digest: string }[] }>(
      'GET',
      '/v1/backbones',
    );
    const mine = backbones.find(({ name }) => name === wanted.name)!;
    expect(await hw.store.head(backboneKey(mine.name, mine.digest))).not.toBeNull();
    const training = await train(hw.api, 'on it', dataset, { backbone: wanted.name });
    expect(training).toMatchObject({ status: 'succeeded' });
    const [photo] = some('val', 1);
    expect((await hw.api.classify('on it', photo!.bytes)).predictions).toHaveLength(2);
  });

  /** What a version makes of a photo here, with its stored program on the trainer's kernels. */
  async function sameProgram(head: string, version: number) {
    const { store } = hw;
    const verifier = await importVerifier(publicKeys(hw.stack.keys).artefacts);
    const manifest = (await readManifest(store, head, version, verifier))!;
    const parts = { clock: Date.now, sleep };
    const memory = createMemoryBudget({ ...parts, maxBytes: 2 ** 29 });
    const coder = createCoder({
      pipeline: await loadImagePipeline(),
      compile: compilePlain,
      startProgram: startWith(plainModule()),
      memory,
      turnstile: createTurnstile({ ...parts, maxWaitMs: minutes, maxWaiting: 10 }),
    });
    const library = createBackboneLibrary({ store, memory, ...parts });
    const trunk = await library.placeAt(manifest.backbone.name, manifest.codeSpaceDocument, 'serve');
    const place = { ...trunk, tail: tailPlaceOf(head, manifest.tail!, store) };
    const weights = readHead((await store.get(blobKey(head, manifest.blob.digest)))!.body);
    return async (bytes: Uint8Array) =>
      predict(weights, (await coder.code(bytes, place)).code, labels.length);
  }
});
