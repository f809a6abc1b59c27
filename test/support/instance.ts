// A whole Headwater of real processes for one test file, on a state folder of its own that is removed at the
// end. It can be killed as a machine that loses power would kill it, and started again on what it left.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type S3Store, s3Store } from '../../lib/storage/s3-node.ts';
import { type Api, createApi } from '../../scripts/demo/api.ts';
import { placeBackbones } from '../../scripts/dev/backbones.ts';
import { membersOf, signalGroup } from '../../scripts/dev/processes.ts';
import { freePort, type Stack, startStack } from '../../scripts/dev/stack.ts';

/** `HEADWATER_PROOF=full` asks for the long version of what `npm test` shows in a short one. */
export const full = process.env.HEADWATER_PROOF === 'full';

/** How long the processes of a killed group may take to be gone. */
const goneMs = 10_000;
const tailCharacters = 4000;

export interface Instance {
  readonly stack: Stack;
  readonly api: Api;
  /** The bucket, past the Workers: what whoever holds the storage could do to it. */
  readonly store: S3Store;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL to every process of it; resolves when they are gone. */
  kill(): Promise<void>;
  /** The trainer takes connections and does nothing, as in a training that lasts; until it is thawed or killed. */
  freezeTrainer(): void;
  thawTrainer(): void;
  killTrainer(): Promise<void>;
  /** A path within its state folder. */
  folder(...parts: string[]): string;
  /** What a service has printed since the state folder was made. */
  log(service: 'workers' | 'trainer'): string;
}

/** The instance of a test file: up before its first test, gone after its last. `vars` are settings of the Workers. */
export function useInstance(vars?: Record<string, string>): Instance {
  const statePath = mkdtempSync(join(tmpdir(), 'headwater-e2e-'));
  let running: { stack: Stack; api: Api; store: S3Store } | undefined;

  const instance: Instance = {
    get stack() {
      return up().stack;
    },
    get api() {
      return up().api;
    },
    get store() {
      return up().store;
    },
    async start() {
      const stack = await startStack({ statePath, port: await freePort(), vars });
      running = { stack, api: createApi(stack.url, stack.keys.apiKey), store: s3Store(stack.s3) };
      await placeBackbones(stack);
    },
    async stop() {
      const { stack } = letGo();
      await stack.stop();
    },
    async kill() {
      const { stack } = letGo();
      stack.kill();
      await Promise.all([stack.workers, stack.trainer()].map(({ pid }) => groupGone(pid)));
    },
    freezeTrainer: () => signalGroup(up().stack.trainer().pid, 'SIGSTOP'),
    thawTrainer: () => signalGroup(up().stack.trainer().pid, 'SIGCONT'),
    async killTrainer() {
      const trainer = up().stack.trainer();
      trainer.kill();
      await groupGone(trainer.pid);
    },
    folder: (...parts) => join(statePath, ...parts),
    log(service) {
      try {
        return readFileSync(join(statePath, 'logs', `${service}.log`), 'utf8');
      } catch {
        return '';
      }
    },
  };

  function up() {
    if (!running) throw new Error('This instance does not run.');
    return running;
  }
  function letGo() {
    const was = up();
    was.store.close();
    running = undefined;
    return was;
  }

  // A runner that ends before its tests have leaves nothing running either.
  process.on('exit', () => running?.stack.kill());
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.once(signal, () => {
      running?.stack.kill();
      process.kill(process.pid, signal);
    });
  beforeAll(() => instance.start());
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      for (const service of ['workers', 'trainer'] as const)
        console.error(`--- end of ${service}.log\n${instance.log(service).slice(-tailCharacters)}`);
    });
  });
  afterAll(async () => {
    if (running) await instance.stop();
    rmSync(statePath, { recursive: true, force: true });
  });
  return instance;
}

async function groupGone(group: number): Promise<void> {
  const end = Date.now() + goneMs;
  while (isAlive(group)) {
    if (Date.now() > end) throw new Error(`Process group ${group} outlives its SIGKILL.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process of the group runs. One that has died and was not yet collected by its parent does not. */
function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  const members = membersOf(group);
  return members.length === 0 ? !existsSync('/proc/self/stat') : members.some(({ state }) => state !== 'Z');
}
