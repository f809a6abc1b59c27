// Which devices this machine has, and which one a job trains on. A GPU is looked for in a process of its own with a time
// limit, since drivers may hang or crash; one that only a processor plays is refused unless it is allowed by name.

import { spawn } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { DeviceName } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import { cpuEngine, cpuFacts, cpuName } from './cpu-engine-node.ts';
import { gpuEngine } from './gpu-engine-node.ts';
import type { DeviceFacts, StartEngine } from './gradient-engine.ts';
import { trainingThreads } from './training-threads-node.ts';

export interface Devices {
  cpu: { name: string; threads: number };
  gpu: { name: string; software: boolean } | null;
  /** Why no job will train on a GPU here. */
  refused?: string;
}

type Env = Record<string, string | undefined>;

const probeFile = new URL('./gpu-probe-node.ts', import.meta.url);
/** Drivers take a second or two to start; one that takes longer hangs. */
const defaultProbeMs = 20_000;
const allowSoftware = 'HEADWATER_ALLOW_SOFTWARE_GPU';

/**
 * Looks for a GPU. Never throws for what a driver does.
 *
 * @param env settings, and where the driver is found
 * @param program asked for the GPU, for so long
 */
export async function findDevice(
  env: Env = process.env,
  program: URL = probeFile,
  timeoutMs = defaultProbeMs,
): Promise<Devices> {
  const cpu = { name: cpuName(), threads: trainingThreads(env) };
  const found = await probe(env, program, timeoutMs);
  if ('reason' in found) return { cpu, gpu: null, refused: found.reason };
  const { gpu } = found;
  if (gpu.software && env[allowSoftware] !== '1')
    return {
      cpu,
      gpu,
      refused: `${gpu.name} is a processor that plays a GPU, slower than training on the CPU. Set ${allowSoftware}=1 to use it all the same.`,
    };
  return { cpu, gpu };
}

/**
 * The device for a job: `auto` takes a real GPU or else the CPU.
 *
 * @param devices what {@link findDevice} has found, if it was asked already
 * @throws HeadwaterError `device-unavailable` if a GPU is asked for and there is none
 */
export async function chooseEngine(
  device: DeviceName,
  env: Env = process.env,
  devices?: Devices,
): Promise<{ start: StartEngine; device: DeviceFacts }> {
  if (device !== 'cpu') {
    const { gpu, refused } = devices ?? (await findDevice(env));
    if (gpu && !refused && (device === 'gpu' || !gpu.software))
      return { start: gpuEngine(gpu.name, env), device: { kind: 'gpu', name: gpu.name } };
    if (device === 'gpu')
      throw new HeadwaterError(
        'device-unavailable',
        `The trainer has no GPU to train on: ${refused} Train with device auto or cpu.`,
      );
  }
  const threads = trainingThreads(env);
  return { start: cpuEngine(threads), device: cpuFacts(threads) };
}

type Probed = { gpu: NonNullable<Devices['gpu']> } | { reason: string };

function probe(env: Env, program: URL, timeoutMs: number): Promise<Probed> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [fileURLToPath(program)], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let text = '';
    child.stdout.on('data', (piece: Buffer) => {
      text += piece;
    });
    child.once('error', () => resolve({ reason: 'no process could be started to look for one.' }));
    child.once('close', (code, signal) => resolve(readProbe(text, code, signal)));
  });
}

function readProbe(text: string, code: number | null, signal: string | null): Probed {
  if (signal === 'SIGKILL') return { reason: 'looking for one took too long; its driver hangs.' };
  if (code !== 0) return { reason: `looking for one failed (${signal ?? `exit code ${code}`}).` };
  try {
    const { gpu } = JSON.parse(text) as { gpu: Devices['gpu'] };
    if (gpu) return { gpu };
  } catch {
    return { reason: 'what looked for one gave no answer.' };
  }
  return {
    reason:
      'no Vulkan adapter was found. A container needs the Vulkan loader and NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility.',
  };
}
