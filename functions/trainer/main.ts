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
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import { s3Store } from '../../lib/storage/s3-node.ts';
import { importVerifier } from '../../lib/trust/index.ts';
import { createApp } from './app.ts';
import { fill } from './fill.ts';
import { readSettings } from './settings.ts';
import { train } from './train.ts';
import { createWorkBoard } from './work-board.ts';

const log = (text: string) => console.log(`trainer: ${text}`);
const clock = () => Date.now();
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
/** No isolate's memory bounds a container: plans and backbones of several heads may stay. */
const maxBytes = 1024 ** 3;

const settings = readSettings(process.env);
const store = s3Store(settings.s3);
const linalg = await loadLinalg();
const turnstile = createTurnstile({ clock, sleep, maxWaitMs: 3_600_000, maxWaiting: 1000 });
const memory = createMemoryBudget({ clock, sleep, maxBytes });
const coder = createCoder({ pipeline: await loadImagePipeline(), compile, memory, turnstile });
const backbones = createBackboneLibrary({ store, memory, clock, sleep });

const app = createApp({
  verifier: await importVerifier(settings.keys.requests),
  board: createWorkBoard(log),
  clock,
  train: (request) => (tell, signal) => train(request, { store, linalg }, tell, signal),
  fill: (request) => (tell, signal) => fill(request, { store, coder, backbones }, tell, signal),
});

const server = serve({ fetch: app.fetch, hostname: settings.host, port: settings.port }, ({ port }) =>
  log(`listening on http://${settings.host}:${port}`),
);

function stop(): void {
  server.close();
  store.close();
  process.exit(0);
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
