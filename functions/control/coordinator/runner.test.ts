import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  blobKey,
  codeSpaceDigest,
  exampleKey,
  type FillRequest,
  type HeadTarget,
  type Job,
  JobSchema,
  jobKey,
  parseTrainingId,
  type TrainerLine,
  type TrainRequest,
} from '../../../lib/contract/index.ts';
import { readTrainingSet } from '../../../lib/datasets/index.ts';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { leaseMs, maxAttempts } from '../../../lib/jobs/index.ts';
import { promoted, readChannels, readManifest, rolledBack } from '../../../lib/registry/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { faultyStore, memoryStore } from '../../../lib/storage/index.ts';
import { sha256, toBase64 } from '../../../lib/tensors/index.ts';
import { createRunner } from './runner.ts';
import { createParts, dataset, deaths, keys, mortalStore, teach } from './testing/parts-node.ts';
import type { TrainerClient } from './trainer-client.ts';
import { beginTraining, describeTraining } from './trainings.ts';

const { backbone, codeSpaceDocument } = manifestOf('birds', 1);
const target: HeadTarget = { backbone, taps: codeSpaceDocument.taps, codeSpace: codeSpaceDocument };
const codeSpace = await codeSpaceDigest(codeSpaceDocument);

type Requested = ({ path: '/v1/jobs' } & TrainRequest) | ({ path: '/v1/fills' } & FillRequest);
type Trainer = (request: Requested, signal: AbortSignal) => AsyncGenerator<TrainerLine>;

/** What a trainer answers that has trained: the blob is in the bucket before the line is sent. */
async function trainedLine(store: ReturnType<typeof memoryStore>, head: string): Promise<TrainerLine> {
  const body = new TextEncoder().encode(`weights of ${head}`);
  const digest = await sha256(body);
  await store.put(blobKey(head, digest), body);
  const { labels, dims, strength, temperature, hyperParameters, report, goldens } = manifestOf(head, 1);
  const result = {
    blob: { digest, bytes: body.length },
    ...{ labels, dims, strength, temperature, hyperParameters, report, goldens },
  };
  return { type: 'trained', result, stages: { train: 5 } };
}

const codesLine = (digests: string[]): TrainerLine => ({
  type: 'codes',
  digests,
  dims: 2,
  codes: toBase64(new Uint8Array(digests.length * 4)),
});

function createWorld() {
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
      else {
        yield codesLine(request.examples.map(({ digest }) => digest));
        yield { type: 'filled' };
      }
    } as Trainer,
    parts: createParts(sql, store),
    runner: undefined as unknown as ReturnType<typeof createRunner>,
    working: new Set<Promise<void>>(),
    /** Another instance over the same database and bucket. */
    restart(through = store as ReturnType<typeof memoryStore>) {
      world.parts = createParts(sql, through);
      const client = {
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
    async request(head = 'birds'): Promise<string> {
      const wanted = { dataset, strategy: 'linear' as const };
      const job = await beginTraining(head, wanted, target, world.parts.index.labels(), bucket);
      world.runner.handle({ type: 'requested', job });
      return job.id;
    },
    job: (id: string) => world.parts.journal.job(id)!,
    stable: async (head = 'birds') =>
      (await readChannels(bucket, head, keys.verifier))?.channels.stable ?? null,
  };
  world.restart();
  return world;
}

let world: ReturnType<typeof createWorld>;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-02T03:04:05Z') });
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  world = createWorld();
  for (let i = 1; i <= 4; i++) await teach(world.parts, i, { codeSpace });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const turns = async (n = 20) => {
  for (let i = 0; i < n; i++) await new Promise((resolve) => setImmediate(resolve));
};
/** Waits for what other threads have a part in. */
async function until(is: () => boolean): Promise<void> {
  for (let i = 0; i < 10_000 && !is(); i++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(is()).toBe(true);
}
async function* hangs(): AsyncGenerator<TrainerLine> {
  yield { type: 'heartbeat' };
  await new Promise(() => {});
}

describe('a training', () => {
  it('goes from its request to a stable version, from a snapshot that holds every code', async () => {
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'succeeded', progress: 1, version: 1, phase: null });
    expect(await world.stable()).toBe(1);
    expect(world.asked.map(({ path }) => path)).toEqual(['/v1/jobs']);
    const [request] = world.asked as unknown as [TrainRequest];
    expect(request).toMatchObject({ epoch: 1, head: 'birds', kind: 'softmax', codeSpace });
    const set = await readTrainingSet(world.bucket, dataset, request.snapshot);
    expect(set).toMatchObject({ labelNames: ['even', 'odd'], dims: 2 });
    expect(set.digests).toHaveLength(4);
    const manifest = await readManifest(world.bucket, 'birds', 1, keys.verifier);
    expect(manifest).toMatchObject({ snapshot: request.snapshot, job: id });
  });

  it('is recorded in the bucket when it has ended, and told of from there', async () => {
    const id = await world.request();
    await world.settle();
    const object = await world.bucket.get(jobKey(dataset, parseTrainingId(id).ulid));
    expect(JobSchema.parse(JSON.parse(new TextDecoder().decode(object!.body)))).toEqual(world.job(id));
    expect(world.parts.journal.unrecordedJobs()).toEqual([]);
    const forgotten = createParts(memorySql(), world.bucket);
    const told = await describeTraining(dataset, id, forgotten.journal, world.bucket);
    expect(told).toMatchObject({ id, status: 'succeeded', version: 1, report: { fittedOn: 'all' } });
  });

  it('is recorded later when the bucket fails at its end', async () => {
    const id = await world.request();
    world.store.isDown = false;
    const trainer = world.trainer;
    world.trainer = async function* (request, signal) {
      for await (const line of trainer(request, signal)) {
        if (line.type === 'trained') yield { type: 'failed', error: { type: 'internal', detail: 'no' } };
        world.store.isDown = true;
      }
    };
    await world.settle();
    expect(world.parts.journal.unrecordedJobs()).toHaveLength(1);
    world.store.isDown = false;
    await world.runner.recordLeftOvers();
    expect(await world.bucket.head(jobKey(dataset, parseTrainingId(id).ulid))).not.toBeNull();
  });

  it('has missing codes made first, and keeps them', async () => {
    const rows = [];
    for (let i = 5; i <= 7; i++) rows.push(await teach(world.parts, i, { code: false }));
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    const [fill, train] = world.asked as unknown as [FillRequest, TrainRequest];
    expect(fill.examples.map(({ digest }) => digest)).toEqual(rows.map(({ digest }) => digest).sort());
    expect(fill).toMatchObject({ backbone, codeSpace });
    expect((await readTrainingSet(world.bucket, dataset, train.snapshot)).digests).toHaveLength(7);
    expect(world.parts.index.uncoded(codeSpace)).toEqual([]);
  });

  it('keeps the codes that came before the trainer dropped the connection', async () => {
    const rows = [];
    for (let i = 5; i <= 8; i++) rows.push(await teach(world.parts, i, { code: false }));
    const whole = world.trainer;
    world.trainer = async function* (request) {
      if (request.path !== '/v1/fills') return;
      yield codesLine(request.examples.slice(0, 3).map(({ digest }) => digest));
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'running', phase: 'codes', epoch: 1 });
    world.trainer = whole;
    pass(1000);
    world.runner.tick();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'succeeded', epoch: 1 });
    expect(world.asked.map((r) => (r as FillRequest).examples?.length)).toEqual([4, 1, undefined]);
  });

  it('leaves out an image that cannot be read, and does not ask for it again', async () => {
    const broken = await teach(world.parts, 9, { code: false });
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      if (request.path !== '/v1/fills') return yield* whole(request, signal);
      const error = { type: 'invalid-image', detail: 'broken' };
      yield { type: 'skipped', digest: broken.digest, error };
      yield { type: 'filled' };
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    const [, train] = world.asked as unknown as [FillRequest, TrainRequest];
    expect((await readTrainingSet(world.bucket, dataset, train.snapshot)).digests).not.toContain(
      broken.digest,
    );
    await world.request();
    await world.settle();
    expect(world.asked.map(({ path }) => path)).toEqual(['/v1/fills', '/v1/jobs', '/v1/jobs']);
  });

  it('asks again for an image that was moved to another label while the trainer looked for it', async () => {
    const moved = await teach(world.parts, 9, { code: false, label: 'odd' });
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      if (request.path === '/v1/fills' && request.examples[0]!.label === 'odd') {
        await teach(world.parts, 9, { code: false, label: 'even' });
        const error = { type: 'not-found', detail: 'gone' };
        yield { type: 'skipped', digest: moved.digest, error };
        yield { type: 'filled' };
      } else yield* whole(request, signal);
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    // Another pass, or the trainer would repeat what it said before.
    expect(world.asked.map((r) => (r as FillRequest).pass)).toEqual([1, 2, undefined]);
    const train = world.asked.at(-1) as TrainRequest;
    expect((await readTrainingSet(world.bucket, dataset, train.snapshot)).digests).toContain(moved.digest);
  });

  it('ends when an image has vanished from the bucket, without the image', async () => {
    const lost = await teach(world.parts, 9, { code: false });
    await world.bucket.delete(exampleKey(dataset, lost.label, lost.digest, lost.extension));
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      if (request.path !== '/v1/fills') return yield* whole(request, signal);
      yield { type: 'skipped', digest: lost.digest, error: { type: 'not-found', detail: 'gone' } };
      yield { type: 'filled' };
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    expect(world.asked).toHaveLength(2);
  });

  it('fails, with words, when the trainer sends codes that are not what it says', async () => {
    const row = await teach(world.parts, 9, { code: false });
    world.trainer = async function* () {
      yield { type: 'codes', digests: [row.digest], dims: 3, codes: toBase64(new Uint8Array(4)) };
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'trainer-failed' } });
  });

  it('goes on in the same epoch after a dropped connection, and trains on the same snapshot', async () => {
    const whole = world.trainer;
    world.trainer = async function* () {
      yield { type: 'progress', progress: 0.3, stage: 'train' };
      throw new TypeError('connection reset');
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'running', phase: 'training' });
    world.trainer = whole;
    await teach(world.parts, 20, { codeSpace });
    pass(1000);
    world.runner.tick();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
    const [first, second] = world.asked as unknown as [TrainRequest, TrainRequest];
    expect(second).toEqual(first);
  });

  it('is taken back with a new epoch when its lease has run out, and hears the old one no more', async () => {
    let say: (line: TrainerLine) => void = () => {};
    const whole = world.trainer;
    world.trainer = async function* () {
      yield await new Promise<TrainerLine>((resolve) => (say = resolve));
      await new Promise(() => {});
    };
    const id = await world.request();
    await until(() => world.asked.length === 1);
    world.trainer = whole;
    pass(leaseMs);
    world.runner.tick();
    await until(() => world.job(id).status === 'succeeded');
    expect(world.stopped).toEqual([`${id} 1`]);
    expect(world.job(id)).toMatchObject({ status: 'succeeded', epoch: 2, attempts: 2 });
    say({ type: 'failed', error: { type: 'internal', detail: 'late' } });
    await turns();
    expect(world.job(id).status).toBe('succeeded');
  });

  it('fails after its last lease when the trainer never answers, and lets the next one run', async () => {
    world.trainer = hangs;
    const id = await world.request();
    const next = await world.request('bees');
    for (let i = 1; i <= maxAttempts; i++) {
      await until(() => world.asked.length === i);
      pass(leaseMs);
      world.runner.tick();
    }
    expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
    expect(world.job(next).status).toBe('running');
  });

  it('fails with the words of a trainer that refuses', async () => {
    world.trainer = async function* () {
      yield* [];
      throw new HeadwaterError('trainer-failed', 'The signature is too old.');
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({
      status: 'failed',
      error: { type: 'trainer-failed', detail: 'The signature is too old.' },
    });
    expect(await world.stable()).toBeNull();
  });

  it('publishes nothing when the blob is not in storage, or is another', async () => {
    for (const spoil of [
      (key: string) => world.bucket.delete(key),
      (key: string) => world.bucket.put(key, new TextEncoder().encode('weights of spoons')),
    ]) {
      const whole = world.trainer;
      world.trainer = async function* (request, signal) {
        for await (const line of whole(request, signal)) {
          if (line.type === 'trained') await spoil(blobKey('birds', line.result.blob.digest));
          yield line;
        }
      };
      const id = await world.request();
      await world.settle();
      expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'digest-mismatch' } });
      expect((await world.bucket.list({ prefix: 'heads/birds/versions/' })).objects).toEqual([]);
      world.trainer = whole;
    }
  });

  it('ends held, with the reason, when a person rolled back while it trained', async () => {
    await world.request();
    await world.settle();
    await world.request();
    await world.settle();
    expect(await world.stable()).toBe(2);
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      await world.parts.channels.move('birds', (now, move) => ({
        next: rolledBack(now, null, 'blurred', move),
      }));
      yield* whole(request, signal);
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({
      status: 'held',
      version: 3,
      reason: expect.stringContaining('blurred'),
    });
    expect(await world.stable()).toBe(1);
  });

  it('ends held when a person promoted another version meanwhile', async () => {
    for (let i = 0; i < 2; i++) {
      await world.request();
      await world.settle();
    }
    const whole = world.trainer;
    world.trainer = async function* (request, signal) {
      await world.parts.channels.move('birds', (now, move) => ({ next: promoted(now, 1, move) }));
      yield* whole(request, signal);
    };
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'held', version: 3 });
    expect(await world.stable()).toBe(1);
  });

  it('gives up when it is cancelled, tells the trainer, and keeps nothing that comes after', async () => {
    const late = await teach(world.parts, 9, { code: false });
    let release: (() => void) | undefined;
    let stopSignal: AbortSignal | undefined;
    world.trainer = async function* (_request, signal) {
      stopSignal = signal;
      yield { type: 'heartbeat' };
      await new Promise<void>((resolve) => (release = resolve));
      yield codesLine([late.digest]);
      yield { type: 'filled' };
    };
    const id = await world.request();
    await until(() => release !== undefined);
    world.runner.handle({ type: 'cancel', id });
    expect(stopSignal!.aborted).toBe(true);
    release!();
    await world.settle();
    expect(world.job(id).status).toBe('cancelled');
    expect(world.stopped).toEqual([`${id} 1`]);
    expect(world.parts.index.uncoded(codeSpace)).toHaveLength(1);
  });

  it('waits its turn: one job of a dataset at a time, in the order in which they were asked for', async () => {
    const ids = [await world.request('a'), await world.request('b'), await world.request('c')];
    expect(ids.map((id) => world.job(id).status)).toEqual(['running', 'queued', 'queued']);
    await world.settle();
    expect(ids.map((id) => world.job(id).status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(world.asked.map((request) => (request as TrainRequest).head)).toEqual(['a', 'b', 'c']);
  });

  it('survives storage that is down in the middle', async () => {
    world.store.isDown = true;
    const id = await world.request();
    await world.settle();
    expect(world.job(id).status).toBe('running');
    world.store.isDown = false;
    pass(1000);
    world.runner.tick();
    await world.settle();
    expect(world.job(id).status).toBe('succeeded');
  });
});

it('makes one version of a job, at whatever call of storage the coordinator dies', async () => {
  for (const death of deaths)
    for (let call = 1; call <= 16; call++) {
      world = createWorld();
      for (let i = 1; i <= 3; i++) await teach(world.parts, i, { codeSpace });
      const mortal = mortalStore(world.bucket, call, death);
      world.restart(mortal);
      const id = await world.request();
      await Promise.race([world.settle(), mortal.death]);
      world.working.clear();
      world.restart();
      // The next alarm of a new instance.
      pass(1000);
      world.runner.tick();
      await world.settle();
      const job: Job = world.job(id);
      expect(job, `${death} ${call}`).toMatchObject({ status: 'succeeded', version: 1 });
      expect(await world.stable()).toBe(1);
      expect((await world.bucket.list({ prefix: 'heads/birds/versions/' })).objects).toHaveLength(1);
      await world.runner.recordLeftOvers();
      expect(await world.bucket.head(jobKey(dataset, parseTrainingId(id).ulid))).not.toBeNull();
    }
});
