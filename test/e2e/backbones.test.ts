// A backbone's life by the command that users have, on a running instance: added, trained on, kept while a head needs
// it, removed.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readDigits } from '../../scripts/demo/digits.ts';
import { inParallel } from '../../scripts/demo/in-parallel.ts';
import { train } from '../../scripts/demo/main-job.ts';
import { root } from '../../scripts/dev/configs.ts';
import { publicKeys } from '../../scripts/dev/state.ts';
import { useInstance } from '../support/instance.ts';

const model = join(root, 'lib/graph/import/fixtures/resnet-basic-7.onnx');

describe('npm run backbone', () => {
  const hw = useInstance();
  beforeAll(async () => {
    const digits = readDigits(0, 4).filter(({ label }) => label < '3');
    await inParallel(digits, 4, ({ label, png }) => hw.api.teach('digits', label, png));
  });

  function backbone(...args: string[]) {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = hw.stack.s3;
    return spawnSync(process.execPath, ['cli/backbone.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        HEADWATER_STATE: hw.folder(),
        S3_ENDPOINT: endpoint,
        S3_BUCKET: bucket,
        S3_ACCESS_KEY_ID: accessKeyId,
        S3_SECRET_ACCESS_KEY: secretAccessKey,
        HEADWATER_PUBLIC_KEYS: JSON.stringify(publicKeys(hw.stack.keys)),
      },
    });
  }

  it('adds an ONNX net, proves it, and the running service trains a head on it', async () => {
    const added = backbone('add', model, '--name', 'tiny resnet', '--preset', 'imagenet-torch');
    expect(added.stderr).toBe('');
    expect(added.stdout).toContain("agree with the layers' definitions");
    expect(added.stdout).toMatch(/\* final +\d+/);
    const { backbones } = await hw.api.json<{ backbones: { name: string }[] }>('GET', '/v1/backbones');
    expect(backbones.map(({ name }) => name)).toContain('tiny resnet');
    const training = await train(hw.api, 'on-tiny', 'digits', { backbone: 'tiny resnet' });
    expect(training.status).toBe('succeeded');
    const { predictions } = await hw.api.classify('on-tiny', readDigits(9, 1)[0]!.png);
    expect(predictions).toHaveLength(3);
  });

  it('keeps it while a head needs it, and says which', async () => {
    const refused = backbone('remove', 'tiny resnet');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('is needed by "on-tiny"');
    expect((await hw.api.classify('on-tiny', readDigits(9, 1)[1]!.png)).version).toBe(1);
  });

  it('removes it once the head is deleted', async () => {
    expect((await hw.api.call('DELETE', '/v1/heads/on-tiny')).status).toBe(204);
    expect(backbone('remove', 'tiny resnet').status).toBe(0);
    const { backbones } = await hw.api.json<{ backbones: { name: string }[] }>('GET', '/v1/backbones');
    expect(backbones.map(({ name }) => name)).not.toContain('tiny resnet');
    expect(backbone('remove', 'tiny resnet').stderr).toContain('There is no backbone');
  });

  it('refuses what is no network, with a sentence', () => {
    const refused = backbone('add', join(root, 'package.json'));
    expect(refused.status).toBe(1);
    expect(refused.stderr).not.toContain('    at ');
  });
});
