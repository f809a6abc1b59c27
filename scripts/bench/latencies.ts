// What a caller waits for, over HTTP on this machine: upload, code, classification, and a new head taking over.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApi } from '../demo/api.ts';
import { readDigits } from '../demo/digits.ts';
import { inParallel } from '../demo/in-parallel.ts';
import { root } from '../dev/configs.ts';
import type { Stack } from '../dev/stack.ts';
import { interleaved, type Section, spread, table } from './report.ts';

interface Example {
  label: string;
  bytes: Uint8Array;
}

/** The ants and bees beside the repository, or digits where they are not there. */
export function examples(): { name: string; all: Example[] } {
  const folder = join(root, '../shared/data/hymenoptera/train');
  try {
    const all = ['ants', 'bees'].flatMap((label) =>
      readdirSync(join(folder, label)).map((file) => ({
        label,
        bytes: readFileSync(join(folder, label, file)),
      })),
    );
    return { name: `${all.length} photographs of ants and bees, up to 320 pixels`, all };
  } catch {
    const all = readDigits(0, 24).map(({ label, png }) => ({ label, bytes: png }));
    return { name: `${all.length} handwritten digits (the photographs are not here)`, all };
  }
}

export async function latencies(stack: Stack): Promise<Section> {
  const api = createApi(stack.url, stack.keys.apiKey);
  const { name, all } = examples();
  const uploads: number[] = [];
  for (const { label, bytes } of all.slice(0, 60)) {
    const began = performance.now();
    await api.teach('bench', label, bytes);
    uploads.push(performance.now() - began);
  }
  await inParallel(all, 4, ({ label, bytes }) => api.teach('bench', label, bytes));
  const lastUpload = Date.now();
  const reloads = [await takeOver(api, all[0]!.bytes, lastUpload)];
  for (let i = 0; i < 4; i++)
    reloads.push(await takeOver(api, all[0]!.bytes, Date.now(), { warmStart: false }));
  const photo = all[1]!.bytes;
  const heads = ['bench', 'bench-2', 'bench-3'];
  for (const head of heads.slice(1)) await takeOver(api, photo, Date.now(), {}, head);
  const several = heads.join(',');
  const times = await interleaved(25, {
    code: async () => (await api.call('POST', '/v1/codes', photo)).arrayBuffer(),
    classify: () => api.classify('bench', photo),
    'one of the route for several': () => api.json('POST', '/v1/classify?heads=bench', photo),
    'three heads': () => api.json('POST', `/v1/classify?heads=${several}`, photo),
  });
  const least = (what: keyof typeof times) => Math.min(...times[what]);
  return {
    title: 'Latencies on this machine',
    text: `${name}; one request at a time, everything local (Miniflare's R2 and Durable Objects).

${table(
  ['', 'ms, min / median / max'],
  [
    ['upload → 201: decoded, coded, stored, indexed', spread(uploads)],
    ['`POST /v1/codes`', spread(times.code)],
    ['classify', spread(times.classify)],
    ['three heads in one request', spread(times['three heads'])],
    [
      `last of ${all.length} uploads' 201 → the first head answering, training included`,
      reloads[0]!.toFixed(0),
    ],
    ['training asked for → the next head answering', spread(reloads.slice(1))],
  ],
)}

Three heads in one request ÷ one head by the same route: **${(least('three heads') / least('one of the route for several')).toFixed(2)}** (minima).`,
  };
}

/** Trains and waits until the running Worker answers with the new version; milliseconds since `since`. */
async function takeOver(
  api: ReturnType<typeof createApi>,
  probe: Uint8Array,
  since: number,
  more: object = {},
  head = 'bench',
): Promise<number> {
  let training = await api.train(head, 'bench', more);
  while (['queued', 'running'].includes(training.status)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    training = await api.training(training.id);
  }
  if (training.status !== 'succeeded') throw new Error(JSON.stringify(training));
  while ((await api.classify(head, probe)).version < training.version!);
  return Date.now() - since;
}
