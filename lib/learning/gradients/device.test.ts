import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { chooseEngine, type Devices, findDevice } from './device-node.ts';
import { gpuEngine } from './gpu-engine-node.ts';

const env = { ...process.env, VK_ICD_FILENAMES: '/nowhere.json', HEADWATER_TRAINING_THREADS: '2' };
const cpu = { name: 'a processor', threads: 2 };
const real: Devices = { cpu, gpu: { name: 'a GPU', software: false } };
const allowed: Devices = { cpu, gpu: { name: 'a pretender', software: true } };
const refused: Devices = { ...allowed, refused: 'a pretender is a processor.' };
const none: Devices = { cpu, gpu: null, refused: 'no Vulkan adapter was found.' };

describe('the device for a job', () => {
  it('is a real GPU or else the CPU where nothing is asked for', async () => {
    for (const [devices, kind] of [
      [real, 'gpu'],
      [allowed, 'cpu'],
      [refused, 'cpu'],
      [none, 'cpu'],
    ] as const)
      expect((await chooseEngine('auto', env, devices)).device.kind).toBe(kind);
  });

  it('is the CPU with its threads where that is asked for, whatever there is', async () => {
    const { device } = await chooseEngine('cpu', env, real);
    expect(device).toEqual({ kind: 'cpu', name: expect.stringMatching(/, 2 threads$/) });
  });

  it('is a GPU where that is asked for, a pretended one if it is allowed', async () => {
    expect((await chooseEngine('gpu', env, real)).device).toEqual({ kind: 'gpu', name: 'a GPU' });
    expect((await chooseEngine('gpu', env, allowed)).device).toEqual({ kind: 'gpu', name: 'a pretender' });
  });

  it('is refused, with the reason and what to do, where a GPU is asked for and there is none', async () => {
    for (const devices of [refused, none])
      await expect(chooseEngine('gpu', env, devices)).rejects.toMatchObject({
        type: 'device-unavailable',
        status: 409,
        message: expect.stringMatching(new RegExp(`${devices.refused}.*device auto or cpu`)),
      });
  });
});

describe('looking for a GPU', () => {
  it('says what is missing where there is none', async () => {
    const devices = await findDevice(env);
    expect(devices).toEqual({
      cpu: { name: expect.any(String), threads: 2 },
      gpu: null,
      refused: expect.stringContaining('Vulkan'),
    });
  });

  it('survives a driver that crashes, hangs or cannot be loaded', async () => {
    const outcome = async (file: string) => {
      const { gpu, refused } = await findDevice(env, new URL(file, import.meta.url), 1500);
      expect(gpu).toBeNull();
      return refused;
    };
    expect(await outcome('./testing/crashing-probe-node.ts')).toContain('SIGSEGV');
    expect(await outcome('./testing/hanging-probe-node.ts')).toContain('too long');
    expect(await outcome('./testing/no-such-probe-node.ts')).toContain('exit code 1');
  });
});

it('a GPU that is gone when training starts is told as that, not waited for', async () => {
  const { tinySpec } = await import('./testing/tiny-spec.ts');
  await expect(gpuEngine('gone', env)(tinySpec().spec, { microBatch: 2 })).rejects.toMatchObject({
    type: 'trainer-failed',
    message: expect.stringContaining('device cpu'),
  });
});
