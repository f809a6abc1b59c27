// Photographs of ants and bees, taught and judged over HTTP, beside scikit-learn on the same codes. The default
// backbone always; a genuine ImageNet net, added with the command that users have, with HEADWATER_PROOF=full.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../lib/contract/index.ts';
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

  it('reaches what scikit-learn reaches on the same codes of the default backbone', async () => {
    const { training, answering } = await trainAndWait('insects', {});
    const right = await judge('insects');
    console.log(
      `default backbone: ${right} of 153 right (${(right / 153).toFixed(3)}), C ${training.report!.strength}; ` +
        `last 201 → new head answering ${answering - lastUpload} ms; stages in ms: ${JSON.stringify(training.stages)}`,
    );
    expect(right / 153).toBeGreaterThan(0.85);
    await compare(right, training, '');
  });

  it('reaches it with an SVM', async () => {
    const { training } = await trainAndWait('insects-svm', { kind: 'svm' });
    const right = await judge('insects-svm');
    console.log(`default backbone, svm: ${right} of 153 right, C ${training.report!.strength}`);
    expect(right / 153).toBeGreaterThan(0.85);
    await compare(right, training, '', 'svm');
  });

  it('is trained again, bit for bit, by npm run reproduce', () => {
    for (const version of ['insects@1', 'insects-svm@1'])
      expect(reproduce(version)).toContain('The same, bit for bit');
  });

  it.skipIf(!full)('reaches it on an ImageNet net that was added with the backbone command', async () => {
    const add = ['cli/backbone.ts', 'add', imageNet, '--name', 'v2', '--preset', 'imagenet-tf'];
    execFileSync(process.execPath, add, { cwd: root, env: onThisBucket() });
    for (const kind of ['softmax', 'svm']) {
      const asked = Date.now();
      const { training, answering } = await trainAndWait(`v2-${kind}`, { backbone: 'v2', kind });
      const right = await judge(`v2-${kind}`);
      console.log(
        `mobilenet-v2-1.0-imagenet (ONNX), ${kind}: ${right} of 153 right (${(right / 153).toFixed(3)}), C ${training.report!.strength}; ` +
          `asked for → answering ${answering - asked} ms, for the first of them most of it the codes of 244 images; stages in ms: ${JSON.stringify(training.stages)}`,
      );
      expect(right / 153).toBeGreaterThanOrEqual(0.93);
      await compare(right, training, '?backbone=v2', kind);
    }
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

  async function judge(head: string): Promise<number> {
    const right = await inParallel(photos('val'), 4, async ({ label, bytes }) => {
      const { predictions } = await api.classify(head, bytes);
      return predictions[0]!.label === label ? 1 : 0;
    });
    return right.reduce((a: number, b) => a + b, 0);
  }

  async function compare(
    right: number,
    training: TrainingData,
    query: string,
    kind = 'softmax',
  ): Promise<void> {
    if (!hasScikit) return;
    const [train, val] = [photos('train'), photos('val')];
    const job = {
      kind,
      trainCodes: await codesFile(train, 'train', query),
      valCodes: await codesFile(val, 'val', query),
      trainLabels: train.map(({ label }) => label),
      valLabels: val.map(({ label }) => label),
      dims: (training.report as { dims: number }).dims,
      strength: training.report!.strength,
    };
    const file = join(folder, 'job.json');
    writeFileSync(file, JSON.stringify(job));
    const printed = execFileSync(python, [join(root, 'test/support/scikit.py'), file], { encoding: 'utf8' });
    const theirs = (JSON.parse(printed) as { right: number }).right;
    console.log(
      `scikit-learn on the same codes at the same C: ${theirs} of ${val.length}; Headwater ${right}`,
    );
    expect(Math.abs(theirs - right)).toBeLessThanOrEqual(maxDifference);
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
    const file = join(folder, `${name}.f32`);
    writeFileSync(file, Buffer.concat(codes));
    return file;
  }

  it('was taught both labels', async () => {
    const { labels: counts } = await api.json<{ labels: Record<string, number> }>(
      'GET',
      '/v1/datasets/hymenoptera',
    );
    expect(Object.keys(counts)).toEqual(labels);
  });
});
