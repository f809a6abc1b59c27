// On SwiftShader: a processor that plays a GPU, so every driver call is a real one and no figure means speed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpuEngine } from './cpu-engine-node.ts';
import { chooseEngine, findDevice } from './device-node.ts';
import { examplesAtOnce } from './gpu-engine-node.ts';
import type { GradientEngine } from './gradient-engine.ts';
import { hasSwiftShader, swiftShaderEnv } from './testing/swiftshader.ts';
import { tinySpec } from './testing/tiny-spec.ts';

if (!hasSwiftShader)
  console.warn('Training on a GPU is not tested: Debian’s package chromium is not installed.');

const allowing = { ...swiftShaderEnv, HEADWATER_ALLOW_SOFTWARE_GPU: '1' };

describe.skipIf(!hasSwiftShader)('a GPU that a processor plays', () => {
  it('is named as software and refused unless it is allowed', async () => {
    const devices = await findDevice(swiftShaderEnv);
    expect(devices.gpu).toEqual({ name: expect.stringMatching(/swiftshader/i), software: true });
    expect(devices.refused).toContain('HEADWATER_ALLOW_SOFTWARE_GPU=1');
    await expect(chooseEngine('gpu', swiftShaderEnv, devices)).rejects.toMatchObject({
      type: 'device-unavailable',
    });
    expect((await findDevice(allowing)).refused).toBeUndefined();
  });

  describe('when it trains', () => {
    const { spec, parameters, statistics, batch } = tinySpec();
    const { inputs, labels } = batch(6);
    let gpu: GradientEngine;
    let cpu: GradientEngine;
    beforeAll(async () => {
      const { start, device } = await chooseEngine('gpu', allowing);
      gpu = await start(spec, { microBatch: 2 });
      expect(gpu.device).toEqual(device);
      cpu = await cpuEngine(1)(spec, { microBatch: 2 });
    });
    afterAll(() => Promise.all([gpu?.close(), cpu?.close()]));

    it('gives the losses, gradients and logits of the CPU within a thousandth', async () => {
      const ours = await gpu.step(inputs, labels, parameters, statistics);
      const theirs = await cpu.step(inputs, labels, parameters, statistics);
      expect(ours.loss).toBeCloseTo(theirs.loss, 4);
      expect(ours.right).toBe(theirs.right);
      expectClose(ours.gradients, theirs.gradients);
      const logits = await gpu.logits(inputs, parameters, statistics);
      expectClose(logits, await cpu.logits(inputs, parameters, statistics));
    });

    it('ends with a reason when its process is asked for what cannot be', async () => {
      const short = inputs.subarray(0, 7);
      await expect(gpu.step(short, labels.subarray(0, 1), parameters, statistics)).rejects.toMatchObject({
        type: 'trainer-failed',
      });
    });
  });
});

it('a whole batch is one shard on a GPU unless its activations are too large', () => {
  const { spec } = tinySpec();
  expect(examplesAtOnce(spec)).toBe(256);
  const wide = examplesAtOnce({ ...spec, inputShape: [1024, 1024, 3] });
  expect(wide).toBeGreaterThanOrEqual(1);
  expect(wide).toBeLessThan(64);
});

/** Within a thousandth of the largest number. */
function expectClose(ours: Float32Array, theirs: Float32Array): void {
  expect(ours).toHaveLength(theirs.length);
  const scale = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (const [i, value] of ours.entries())
    expect(Math.abs(value - theirs[i]!)).toBeLessThanOrEqual(1e-3 * scale);
}
