// The trainer's process: settings, parts, a server, and a clean end on SIGTERM.

import { serve } from '@hono/node-server';
import {
  createBackboneLibrary,
  createCoder,
  createMemoryBudget,
  createTurnstile,
} from '../../lib/codes/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import { compile } from '../../lib/inference/compile-node.ts';
import { type Devices, findDevice } from '../../lib/learning/gradients/device-node.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { s3Store } from '../../lib/storage/s3-node.ts';
import { importVerifier } from '../../lib/trust/index.ts';
import { adviseOn } from './advise.ts';
import { createApp } from './app.ts';
import { fill } from './fill.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { readSettings } from './settings.ts';
import { share } from './share.ts';
import { sweepCaches } from './strategy-parts.ts';
import { train } from './train.ts';
import { createWorkBoard } from './work-board.ts';

const log = (text: string) => console.log(`trainer: ${text}`);
const clock = () => Date.now();
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** No isolate's memory bounds a container: plans and backbones of several heads may stay. */
const maxBytes = 1024 ** 3;
const sweepEveryMs = 3_600_000;

const settings = readSettings(process.env);
const store = s3Store(settings.s3);
const linalg = await loadLinalg();
const turnstile = createTurnstile({ clock, sleep, maxWaitMs: 3_600_000, maxWaiting: 1000 });
const memory = createMemoryBudget({ clock, sleep, maxBytes });
const pipeline = await loadImagePipeline();
const coder = createCoder({ pipeline, compile, memory, turnstile });
const backbones = createBackboneLibrary({ store, memory, clock, sleep });

const devices = findDevice(process.env);
const { cacheFolder, checkpointSeconds } = settings;
const workshop = { store, backbones, pipeline, linalg, devices, cacheFolder, checkpointSeconds, log };
await sweepCaches(cacheFolder, clock());
// A trainer that runs for months would keep for months what the one before it left.
const sweep = () =>
  sweepCaches(cacheFolder, clock()).catch((error) => log(`sweeping ${cacheFolder}: ${error}`));
setInterval(sweep, sweepEveryMs).unref();

const alone = oneAtATime();

const app = createApp({
  verifier: await importVerifier(settings.keys.requests),
  board: createWorkBoard(log),
  devices,
  clock,
  train: (request) => (tell, signal) => {
    const work = () => train(request, workshop, tell, signal);
    return request.strategy === 'linear' ? work() : alone(work, signal);
  },
  fill: (request) => (tell, signal) => fill(request, { store, coder, backbones }, tell, signal),
  advise: (request) => (tell, signal) => alone(() => adviseOn(request, workshop, tell, signal), signal),
  share: (request) => (tell, signal) => alone(() => share(request, workshop, tell, signal), signal),
});

const server = serve({ fetch: app.fetch, hostname: settings.host, port: settings.port }, ({ port }) =>
  log(`listening on http://${settings.host}:${port}`),
);

function deviceLine({ cpu, gpu, refused }: Devices): string {
  const threads = `${cpu.threads} ${cpu.threads === 1 ? 'thread' : 'threads'}`;
  return gpu && !refused
    ? `device ${gpu.name}${gpu.software ? ' (software)' : ''}`
    : `device ${cpu.name}, ${threads}; no GPU: ${refused}`;
}

function stop(): void {
  server.close();
  store.close();
  process.exit(0);
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

log(deviceLine(await devices));
