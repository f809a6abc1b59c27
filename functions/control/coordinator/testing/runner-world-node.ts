// A runner over a database and a bucket in memory, with a trainer that is a generator of the test's own, and a
// date that stands still. Nothing but tests imports this.

import { afterEach, beforeEach, expect, vi } from 'vitest';
import {
  type AdviseRequest,
  blobKey,
  codeSpaceDigest,
  type FillRequest,
  type HeadTarget,
  type ShareRequest,
  type TrainerLine,
  type TrainingRequestData,
  type TrainRequest,
  TrainResultSchema,
} from '../../../../lib/contract/index.ts';
import { memorySql } from '../../../../lib/datasets/testing/sql-node.ts';
import { createLinalg } from '../../../../lib/linalg/index.ts';
import { readChannels } from '../../../../lib/registry/index.ts';
import { manifestOf } from '../../../../lib/registry/testing.ts';
import { faultyStore, memoryStore } from '../../../../lib/storage/index.ts';
import { sha256, toBase64 } from '../../../../lib/tensors/index.ts';
import { createLocalTrainer } from '../local-trainer.ts';
import { createRunner } from '../runner.ts';
import type { TrainerClient } from '../trainer-client.ts';
import { beginTraining } from '../trainings.ts';
import { createTurn } from '../turn.ts';
import { createParts, dataset, keys, teach } from './parts-node.ts';

export const { backbone, codeSpaceDocument } = manifestOf('birds', 1);
const target: HeadTarget = { backbone, taps: codeSpaceDocument.taps, codeSpace: codeSpaceDocument };
export const codeSpace = await codeSpaceDigest(codeSpaceDocument);

export type Requested =
  | ({ path: '/v1/jobs' } & TrainRequest)
  | ({ path: '/v1/fills' } & FillRequest)
  | ({ path: '/v1/advice' } & AdviseRequest)
  | ({ path: '/v1/shares' } & ShareRequest);
type Trainer = (request: Requested, signal: AbortSignal) => AsyncGenerator<TrainerLine>;

/** What a trainer answers that has trained: the blob is in the bucket before the line is sent. */
async function trainedLine(store: ReturnType<typeof memoryStore>, head: string): Promise<TrainerLine> {
  const body = new TextEncoder().encode(`weights of ${head}`);
  const digest = await sha256(body);
  await store.put(blobKey(head, digest), body);
  // What a trainer reports is a part of the manifest that is made of it.
  const manifest = { ...manifestOf(head, 1), codeSpace, blob: { digest, bytes: body.length } };
  const result = TrainResultSchema.parse(manifest);
  return { type: 'trained', result, stages: { train: 5 } };
}

/** A batch of codes, all of them zero. */
export const codesLine = (digests: string[]): TrainerLine => ({
  type: 'codes',
  digests,
  dims: 2,
  codes: toBase64(new Uint8Array(digests.length * 4)),
});

/** One coordinator with `examples` taught, whose instance can be replaced by another. */
export async function createWorld(examples: number) {
  const sql = memorySql();
  const bucket = memoryStore();
  const store = faultyStore(bucket);
  const asked: Requested[] = [];
  const stopped: string[] = [];
  const world = {
    sql,
    bucket,
    store,
    asked,
    stopped,
    /** The trainer as the test has it; by default one that does what it is asked. */
    trainer: async function* (request) {
      yield { type: 'heartbeat' };
      yield { type: 'progress', progress: 0.5, stage: 'x' };
      if (request.path === '/v1/jobs') yield await trainedLine(bucket, request.head);
      if (request.path === '/v1/fills') {
        yield codesLine(request.examples.map(({ digest }) => digest));
        yield { type: 'filled' };
      }
    } as Trainer,
    /** Whether what fits is trained in control, really. */
    trainsHere: false,
    parts: createParts(sql, store),
    runner: undefined as unknown as ReturnType<typeof createRunner>,
    working: new Set<Promise<void>>(),
    /** Another instance over the same database and bucket. */
    restart(through = store as ReturnType<typeof memoryStore>) {
      world.parts = createParts(sql, through);
      const client = {
        isConfigured: true,
        lines(path: Requested['path'], request: object, signal: AbortSignal) {
          const all = { path, ...request } as Requested;
          asked.push(all);
          return world.trainer(all, signal);
        },
        stop: async (job: string, epoch: number) => {
          stopped.push(`${job} ${epoch}`);
        },
      } as TrainerClient;
      world.runner = createRunner({
        ...world.parts,
        dataset,
        trainer: client,
        here: createLocalTrainer({ store: through, linalg: createLinalg(), turn: createTurn() }),
        mayTrainHere: () => world.trainsHere,
        keepAlive: (work) => {
          world.working.add(work);
          void work.finally(() => world.working.delete(work));
        },
        changed: () => {},
      });
    },
    /** Waits until nothing is under way; steps that hang are the test's affair. */
    async settle() {
      while (world.working.size > 0) await Promise.all(world.working);
    },
    async request(head = 'birds', options: Partial<TrainingRequestData> = {}): Promise<string> {
      const wanted = { dataset, strategy: 'linear' as const, ...options };
      const job = await beginTraining(head, wanted, target, {
        labels: world.parts.index.labels(),
        store: bucket,
        hasTrainer: true,
      });
      world.runner.request(job);
      return job.id;
    },
    job: (id: string) => world.parts.journal.job(id)!,
    stable: async (head = 'birds') =>
      (await readChannels(bucket, head, keys.verifier))?.channels.stable ?? null,
  };
  world.restart();
  for (let i = 1; i <= examples; i++) await teach(world.parts, i, { codeSpace });
  return world;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** For each test: a date that moves on only by `pass`, and silence about what fails on purpose. */
export function useFrozenDate(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-02T03:04:05Z') });
    vi.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}

export const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** Waits for what other threads have a part in. */
export async function until(is: () => boolean): Promise<void> {
  for (let i = 0; i < 10_000 && !is(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(is()).toBe(true);
}
