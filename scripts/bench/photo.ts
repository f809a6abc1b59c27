// What a phone's photo costs from the request to the answer: the running edge, beside a Worker that decodes all of it
// with @jsquash/jpeg and runs the network with TensorFlow.js.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exif, withExif } from '../../lib/image/testing/exif.ts';
import { createApi } from '../demo/api.ts';
import { readDigits } from '../demo/digits.ts';
import { root } from '../dev/configs.ts';
import type { Stack } from '../dev/stack.ts';
import { cpuMs } from './cpu-time.ts';
import { startEdgeProcess } from './edge-process.ts';
import { type Section, table } from './report.ts';
import { type Cost, cpuFigure, inRounds, ratio } from './rounds.ts';
import { processMemory, resetPeak, workerdOf } from './workerd-memory.ts';

const rounds = 15;
const requests = 500;
const title = 'A 12-megapixel photo, from request to answer';
const rotated = 6;

export async function photo(stack: Stack): Promise<Section> {
  const folder = join(root, '../shared/data/images');
  if (!existsSync(folder)) return { title, text: 'Not measured: the photographs are not here.' };
  const photos = ['baseline', 'progressive'].map((kind) => ({
    kind,
    bytes: withExif(readFileSync(join(folder, `photo-12mp-${kind}.jpg`)), exif(rotated)),
  }));
  const classify = await headOf(stack);
  const pid = workerdOf(stack.workers.pid);
  const peer = await startEdgeProcess('scripts/bench/edge/photo.toml');
  try {
    const rows: string[][] = [];
    for (const { kind, bytes } of photos) {
      const contestants = new Map<string, () => Promise<Cost>>([
        ['ours', () => costIn(pid, () => classify(bytes))],
        ['theirs', () => peer.measure('/', { method: 'POST', body: bytes as Uint8Array<ArrayBuffer> })],
      ]);
      const costs = await inRounds(rounds, contestants, (measure) => measure(), 3);
      rows.push([
        kind,
        cpuFigure(costs, 'ours'),
        cpuFigure(costs, 'theirs'),
        ratio(costs, 'ours', 'theirs').toFixed(2),
      ]);
    }
    return {
      title,
      text: `Stored sideways (EXIF ${rotated}), 4:2:0; workerd, CPU milliseconds of the process, median (minimum) of ${rounds} interleaved rounds. Ours is \`classify\` over HTTP with key, head and open set; beside it @jsquash/jpeg's full decode, our resize and TensorFlow.js, without a head.\n\n${table(['JPEG', 'Headwater', '@jsquash/jpeg + TensorFlow.js', 'ratio'], rows)}\n\n${await flatness(pid, () => classify(photos[0]!.bytes))}`,
    };
  } finally {
    await peer.stop();
  }
}

/** A head on digits: what it says of a photograph does not matter, that it is asked does. */
async function headOf(stack: Stack): Promise<(bytes: Uint8Array) => Promise<unknown>> {
  const api = createApi(stack.url, stack.keys.apiKey);
  for (const { label, png } of readDigits(0, 6).slice(0, 12)) await api.teach('photo', label, png);
  let training = await api.train('photo', 'photo');
  while (['queued', 'running'].includes(training.status)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    training = await api.training(training.id);
  }
  return (bytes) => api.classify('photo', bytes);
}

async function costIn(pid: number, work: () => Promise<unknown>): Promise<Cost> {
  const [cpu, began] = [cpuMs(pid), performance.now()];
  await work();
  return { cpu: cpuMs(pid) - cpu, wall: performance.now() - began };
}

/** What the process holds over many requests. */
async function flatness(pid: number, classify: () => Promise<unknown>): Promise<string> {
  const resident: number[] = [processMemory(pid).residentMiB];
  resetPeak(pid);
  for (let i = 1; i <= requests; i++) {
    await classify();
    if (i % 100 === 0) resident.push(processMemory(pid).residentMiB);
  }
  return `Over ${requests} such photos, one after the other, the whole process of workerd held ${resident.map((mib) => mib.toFixed(0)).join(', ')} MiB (before, and after every 100), ${processMemory(pid).peakMiB.toFixed(0)} at its peak.`;
}
