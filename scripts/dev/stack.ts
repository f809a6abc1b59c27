// The whole of Headwater on this machine: both Workers in one wrangler, and the trainer. What `npm start` runs
// and what the end-to-end tests run is this, and the same.

import { createServer } from 'node:net';
import { bucketName, root, s3Endpoint, writeConfigs } from './configs.ts';
import { ownerVariable, type Service, startService } from './processes.ts';
import {
  claimState,
  forgetInstance,
  type LocalKeys,
  openState,
  publicKeys,
  readKeys,
  type StateFolder,
  writeInstance,
} from './state.ts';

/** A start may have to compile both bundles on a slow machine. */
const startTimeoutMs = 120_000;

export interface StackOptions {
  statePath: string;
  port: number;
  apiKey?: string;
  /** Settings of the Workers that a test wants otherwise. */
  vars?: Record<string, string>;
  /** Called as soon as there are processes to end, which is long before they answer. */
  begun?: (stack: Stack) => void;
}

export interface Stack {
  url: string;
  trainerUrl: string;
  keys: LocalKeys;
  state: StateFolder;
  s3: { endpoint: string; bucket: string; accessKeyId: string; secretAccessKey: string };
  workers: Service;
  trainer(): Service;
  /** Starts the trainer again, after it has ended. */
  restartTrainer(): Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL to everything, as a machine that loses power would. */
  kill(): void;
}

export async function startStack({ statePath, port, apiKey, vars, begun }: StackOptions): Promise<Stack> {
  const state = openState(statePath);
  claimState(state);
  const keys = await readKeys(state, apiKey);
  const trainerPort = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const trainerUrl = `http://127.0.0.1:${trainerPort}`;
  const s3 = { endpoint: s3Endpoint(url), bucket: bucketName, ...keys.s3 };
  const configs = writeConfigs(state, keys, trainerUrl, vars);
  if (!(await isFree(port))) throw new Error(`Port ${port} is in use. Choose another with PORT.`);

  const workers = startWorkers(state, configs, port, await freePort());
  const startTrainer = () =>
    startService('trainer', process.execPath, [`${root}/functions/trainer/main.ts`], {
      cwd: root,
      logFile: state.file('logs', 'trainer.log'),
      env: {
        ...process.env,
        [ownerVariable]: state.path,
        PORT: String(trainerPort),
        S3_ENDPOINT: s3.endpoint,
        S3_BUCKET: s3.bucket,
        S3_ACCESS_KEY_ID: s3.accessKeyId,
        S3_SECRET_ACCESS_KEY: s3.secretAccessKey,
        HEADWATER_PUBLIC_KEYS: JSON.stringify(publicKeys(keys)),
      },
    });
  let trainer = startTrainer();
  const note = () =>
    writeInstance(state, { pid: process.pid, groups: [workers.pid, trainer.pid], url, trainerUrl });
  note();

  const stack: Stack = {
    url,
    trainerUrl,
    keys,
    state,
    s3,
    workers,
    trainer: () => trainer,
    async restartTrainer() {
      trainer = startTrainer();
      note();
      await answering(trainer, `${trainerUrl}/healthz`);
    },
    async stop() {
      await Promise.all([workers.stop(), trainer.stop()]);
      forgetInstance(state);
    },
    kill() {
      workers.kill();
      trainer.kill();
    },
  };
  begun?.(stack);
  try {
    await Promise.all([answering(workers, `${url}/readyz`), answering(trainer, `${trainerUrl}/healthz`)]);
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

function startWorkers(
  state: StateFolder,
  configs: { edge: string; control: string },
  port: number,
  inspectorPort: number,
): Service {
  const args = [
    `${root}/node_modules/wrangler/bin/wrangler.js`,
    'dev',
    ...['-c', configs.edge, '-c', configs.control],
    ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', String(inspectorPort)],
    ...['--persist-to', state.file('storage'), '--show-interactive-dev-session=false', '--log-level', 'warn'],
  ];
  return startService('workers', process.execPath, args, {
    cwd: root,
    logFile: state.file('logs', 'workers.log'),
    env: {
      ...process.env,
      [ownerVariable]: state.path,
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      CI: 'true',
    },
  });
}

/** Waits until `url` answers 200. @throws Error with the end of the service's log */
async function answering(service: Service, url: string): Promise<void> {
  const until = Date.now() + startTimeoutMs;
  let over = false;
  void service.ended.then(() => {
    over = true;
  });
  while (Date.now() < until && !over) {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`The ${service.name} did not start${over ? ', they ended' : ''}:\n${service.tail()}`);
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  return listen(0).then((port) => port!);
}

const isFree = async (port: number) => (await listen(port)) !== null;

function listen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => {
      const { port: chosen } = server.address() as { port: number };
      server.close(() => resolve(chosen));
    });
  });
}
