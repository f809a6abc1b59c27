// Edge and trainer see an image alike: the codes that the running Worker answers are, bit for bit, those that
// Node makes of the same bytes. (That Node makes what tfjs's own converter makes is lib/inference's test.)

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCoder, createMemoryBudget, createTurnstile, placeOf, tapOf } from '../../lib/codes/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { compile } from '../../lib/inference/compile-node.ts';
import { readDigits } from '../../scripts/demo/digits.ts';
import { defaultBackbone, parsedBackbone } from '../../scripts/dev/backbones.ts';
import { freePort, type Stack, startStack } from '../../scripts/dev/stack.ts';
import { hasHymenoptera, photos } from '../support/hymenoptera.ts';

const images = [
  ...readDigits(0, 1)
    .slice(0, 3)
    .map(({ png }) => png),
  ...(hasHymenoptera
    ? photos('val')
        .slice(0, 10)
        .map(({ bytes }) => bytes)
    : []),
];

describe('codes over HTTP', () => {
  const statePath = mkdtempSync(join(tmpdir(), 'headwater-codes-'));
  let stack: Stack;

  beforeAll(async () => {
    stack = await startStack({ statePath, port: await freePort(), apiKey: 'test' });
  });
  afterAll(async () => {
    await stack?.stop();
    rmSync(statePath, { recursive: true, force: true });
  });

  it.each(['block_14_expand', 'final'])('have the same bits in workerd and in Node at %s', async (tap) => {
    const backbone = parsedBackbone(defaultBackbone());
    const time = { clock: Date.now, sleep: async () => {} };
    const coder = createCoder({
      pipeline: await loadImagePipeline(),
      compile,
      memory: createMemoryBudget(time),
      turnstile: createTurnstile({ ...time, maxWaitMs: 60_000, maxWaiting: 1 }),
    });
    const place = placeOf(backbone, [await tapOf(backbone, tap)]);
    for (const image of images) {
      const { code } = await coder.code(image, place);
      expect(await codeOverHttp(image, tap)).toEqual(code);
    }
  });

  async function codeOverHttp(image: Uint8Array, tap: string): Promise<Float32Array> {
    const response = await fetch(`${stack.url}/v1/codes?tap=${tap}`, {
      method: 'POST',
      headers: { authorization: 'Bearer test', accept: 'application/octet-stream' },
      body: image as BodyInit,
    });
    expect(response.status).toBe(200);
    return new Float32Array(await response.arrayBuffer());
  }
});
