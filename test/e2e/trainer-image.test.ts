// The trainer's image, rehearsed: every step of its Dockerfile in a folder of its own, and the trainer started from what
// comes out. Long (it installs twice), so it needs HEADWATER_PROOF=full.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { generateSigningKeys, publicKeysOf } from '../../lib/trust/index.ts';
import { freePort } from '../../scripts/dev/stack.ts';
import { parseDockerfile } from '../support/dockerfile.ts';
import { full } from '../support/instance.ts';
import { type Rehearsal, rehearse } from '../support/rehearse-image.ts';

const root = join(import.meta.dirname, '../..');

describe.skipIf(!full)('the image of the trainer', () => {
  let rehearsal: Rehearsal;
  let trainer: ChildProcess | undefined;
  afterAll(() => {
    trainer?.kill('SIGKILL');
    if (rehearsal) rmSync(rehearsal.folder, { recursive: true, force: true });
  });

  it('starts the trainer out of what its steps have put together, and nothing else', async () => {
    const stages = parseDockerfile(readFileSync(join(root, 'infra/trainer.Dockerfile'), 'utf8'));
    rehearsal = rehearse(root, stages, (step) => console.log(step));
    expect(rehearsal.left.map((text) => text.split(' ')[0])).toEqual(['apt-get']);

    const port = await freePort();
    const [, ...command] = JSON.parse(stages.at(-1)!.steps.at(-1)!.text) as string[];
    trainer = spawn(process.execPath, command, {
      cwd: rehearsal.app,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PORT: String(port),
        S3_ENDPOINT: 'http://127.0.0.1:9',
        S3_BUCKET: 'bucket',
        S3_ACCESS_KEY_ID: 'id',
        S3_SECRET_ACCESS_KEY: 'secret',
        HEADWATER_PUBLIC_KEYS: JSON.stringify(publicKeysOf(await generateSigningKeys())),
      },
    });
    let log = '';
    for await (const piece of trainer.stdout!) if (/device .*\n/.test((log += piece))) break;
    expect(log).toContain('listening');
    const url = `http://127.0.0.1:${port}`;
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${url}/device`)).json()).toMatchObject({
      cpu: { threads: expect.any(Number) },
    });
    trainer.kill('SIGTERM');
    expect(await once(trainer, 'exit')).toEqual([0, null]);
  }, 900_000);
});
