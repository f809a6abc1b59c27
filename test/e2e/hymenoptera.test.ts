// Photographs of ants and bees, taught and judged over HTTP, beside scikit-learn on the same codes. The default
// backbone always; a genuine ImageNet net, added with the command that users have, with HEADWATER_PROOF=full.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../lib/contract/index.ts';
import { readTrainingSet } from '../../lib/datasets/index.ts';
import { s3Store } from '../../lib/storage/s3-node.ts';
import { type Api, createApi } from '../../scripts/demo/api.ts';
import { inParallel } from '../../scripts/demo/in-parallel.ts';
import { placeBackbones } from '../../scripts/dev/backbones.ts';
import { root } from '../../scripts/dev/configs.ts';
import { freePort, type Stack, startStack } from '../../scripts/dev/stack.ts';
import { publicKeys } from '../../scripts/dev/state.ts';
import { hasHymenoptera, labels, type Photo, photos, sharedFolder } from '../support/hymenoptera.ts';

const python = '/usr/bin/python3';
const hasScikit = existsSync(python) && spawnSync(python, ['-c', 'import sklearn']).status === 0;
const imageNet = join(sharedFolder, 'backbones/mobilenet-v2-1.0-imagenet-onnx-derived');
const full = process.env.HEADWATER_PROOF === 'full' && existsSync(imageNet);
/** Images by which Headwater and scikit-learn may differ. */
const maxDifference = 2;

if (!hasHymenoptera) console.log('hymenoptera: skipped, ../shared/data/hymenoptera is not there');
else if (!hasScikit) console.log('hymenoptera: no python3-sklearn here, the comparison with it is left out');

describe.skipIf(!hasHymenoptera)('hymenoptera, taught over HTTP from train/ and judged on val/', () => {
  let folder: string;
  let stack: Stack;
  let api: Api;
  let lastUpload = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headwater-hymenoptera-'));
    stack = await startStack({ statePath: folder, port: await freePort(), apiKey: 'test' });
    await placeBackbones(stack);
    api = createApi(stack.url, 'test');
    await inParallel(photos('train'), 4, ({ label, bytes }) => api.teach('hymenoptera', label, bytes));
    lastUpload = Date.now();
  });

  afterAll(async () => {
    await stack?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reaches what scikit-learn reaches on the same codes of the default backbone, softmax and SVM', async () => {
    const { training, answering } = await trainAndWait('insects', {});
    const { training: svm } = await trainAndWait('insects-svm', { kind: 'svm' });
    const [right, svmRight] = await judge('insects', 'insects-svm');
    console.log(
      `default backbone: softmax ${right} of 153 right (${(right! / 153).toFixed(3)}), C ${training.report!.strength}; ` +
        `svm ${svmRight}, C ${svm.report!.strength}; ` +
        `last 201 → new head answering ${answering - lastUpload} ms; stages in ms: ${JSON.stringify(training.stages)}`,
    );
    expect(Math.min(right!, svmRight!) / 153).toBeGreaterThan(0.85);
    await compare([right!, svmRight!], [training, svm], '');
  });

  it('is trained again, bit for bit, by npm run reproduce', () => {
    for (const version of ['insects@1', 'insects-svm@1'])
      expect(reproduce(version)).toContain('The same, bit for bit');
  });

  it.skipIf(!full)('reaches it on an ImageNet net that was added with the backbone command', async () => {
    const add = ['cli/backbone.ts', 'add', imageNet, '--name', 'v2', '--preset', 'imagenet-tf'];
    execFileSync(process.execPath, add, { cwd: root, env: onThisBucket() });
    const asked = Date.now();
    const { training, answering } = await trainAndWait('v2-softmax', { backbone: 'v2' });
    const { training: svm } = await trainAndWait('v2-svm', { backbone: 'v2', kind: 'svm' });
    const [right, svmRight] = await judge('v2-softmax', 'v2-svm');
    console.log(
      `mobilenet-v2-1.0-imagenet (ONNX): softmax ${right} of 153 right (${(right! / 153).toFixed(3)}), C ${training.report!.strength}; ` +
        `svm ${svmRight}, C ${svm.report!.strength}; ` +
        `asked for → answering ${answering - asked} ms, most of it the codes of 244 images; stages in ms: ${JSON.stringify(training.stages)}`,
    );
    expect(Math.min(right!, svmRight!) / 153).toBeGreaterThanOrEqual(0.93);
    await compare([right!, svmRight!], [training, svm], '?backbone=v2');
    expect(reproduce('v2-softmax@1')).toContain('The same, bit for bit');
  });

  /** Settings by which a command works on this instance's bucket. */
  function onThisBucket() {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = stack.s3;
    return {
      ...process.env,
      HEADWATER_STATE: folder,
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
      HEADWATER_PUBLIC_KEYS: JSON.stringify(publicKeys(stack.keys)),
    };
  }

  function reproduce(version: string): string {
    const options = { cwd: root, env: onThisBucket(), encoding: 'utf8' } as const;
    return execFileSync(process.execPath, ['cli/reproduce.ts', version], options);
  }

  async function trainAndWait(head: string, request: object) {
    let training = await api.train(head, 'hymenoptera', request);
    while (['queued', 'running'].includes(training.status)) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      training = await api.training(training.id);
    }
    expect(training).toMatchObject({ status: 'succeeded' });
    const [probe] = photos('val');
    while ((await api.classify(head, probe!.bytes)).version !== training.version);
    return { training, answering: Date.now() };
  }

  /** Right answers of each head, all heads asked at once. */
  async function judge(...heads: string[]): Promise<number[]> {
    const answers = await inParallel(photos('val'), 4, async ({ label, bytes }) => {
      const path = `/v1/classify?heads=${heads.join(',')}`;
      const answer = await api.json<{ heads: { predictions: { label: string }[] }[] }>('POST', path, bytes);
      return answer.heads.map(({ predictions }) => (predictions[0]!.label === label ? 1 : 0));
    });
    return heads.map((_, h) => answers.reduce((sum: number, answer) => sum + answer[h]!, 0));
  }

  /** Heads beside scikit-learn at the strengths that they chose, on the same codes. */
  async function compare(right: number[], trainings: TrainingData[], query: string): Promise<void> {
    if (!hasScikit) return;
    const val = photos('val');
    // What the head was trained on, out of the bucket; what it has never seen, asked of the edge.
    const set = await trainingSetOf(trainings[0]!);
    const codes = {
      trainCodes: fileOf('train', new Uint8Array(set.codes.buffer)),
      valCodes: await codesFile(val, 'val', query),
      trainLabels: [...set.labels].map((label) => set.labelNames[label]),
      valLabels: val.map(({ label }) => label),
    };
    for (const [h, kind] of ['softmax', 'svm'].entries()) {
      const { dims, strength } = trainings[h]!.report!;
      const file = join(folder, 'job.json');
      writeFileSync(file, JSON.stringify({ ...codes, kind, dims, strength }));
      const printed = execFileSync(python, [join(root, 'test/support/scikit.py'), file], {
        encoding: 'utf8',
      });
      const theirs = (JSON.parse(printed) as { right: number }).right;
      console.log(
        `scikit-learn, ${kind}, same codes and C: ${theirs} of ${val.length}; Headwater ${right[h]}`,
      );
      expect(Math.abs(theirs - right[h]!)).toBeLessThanOrEqual(maxDifference);
    }
  }

  async function codesFile(images: Photo[], name: string, query: string): Promise<string> {
    const codes = await inParallel(images, 4, async ({ bytes }) => {
      const response = await fetch(`${stack.url}/v1/codes${query}`, {
        method: 'POST',
        headers: { authorization: 'Bearer test', accept: 'application/octet-stream' },
        body: bytes as BodyInit,
      });
      expect(response.status).toBe(200);
      return new Uint8Array(await response.arrayBuffer());
    });
    return fileOf(name, Buffer.concat(codes));
  }

  function fileOf(name: string, bytes: Uint8Array): string {
    const file = join(folder, `${name}.f32`);
    writeFileSync(file, bytes);
    return file;
  }

  async function trainingSetOf({ head, version }: TrainingData) {
    const path = `/v1/heads/${head}/versions`;
    const { versions } = await api.json<{ versions: { version: number; snapshot: string }[] }>('GET', path);
    const { snapshot } = versions.find((one) => one.version === version)!;
    const store = s3Store(stack.s3);
    try {
      return await readTrainingSet(store, 'hymenoptera', snapshot);
    } finally {
      store.close();
    }
  }

  it('was taught both labels', async () => {
    const { labels: counts } = await api.json<{ labels: Record<string, number> }>(
      'GET',
      '/v1/datasets/hymenoptera',
    );
    expect(Object.keys(counts)).toEqual(labels);
  });
});
