import { beforeEach, describe, expect, it } from 'vitest';
import {
  codeSpaceDigest,
  type HeadTarget,
  headKey,
  jobKey,
  parseTrainingId,
  type TrainRequest,
  trainingId,
} from '../../../lib/contract/index.ts';
import { requireHead } from '../../../lib/registry/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { memoryStore } from '../../../lib/storage/index.ts';
import { toJson } from '../../../lib/tensors/index.ts';
import type { Parts } from './parts.ts';
import { serially } from './serially.ts';
import { createParts, keys, teach } from './testing/parts-node.ts';
import { createWorld } from './testing/runner-world-node.ts';
import { createTrainerClient } from './trainer-client.ts';
import {
  beginTraining,
  cancelTraining,
  describeTraining,
  maxLabels,
  maxQueued,
  requestTraining,
} from './trainings.ts';

const { backbone, codeSpaceDocument } = manifestOf('birds', 1);
const target: HeadTarget = { backbone, taps: codeSpaceDocument.taps, codeSpace: codeSpaceDocument };
const request = { dataset: 'ds', strategy: 'linear' as const };
let store: ReturnType<typeof memoryStore>;
let there: Parameters<typeof beginTraining>[3];
beforeEach(() => {
  store = memoryStore();
  there = { labels: { a: 1, b: 1 }, store, hasTrainer: true };
});

describe('asking for a training', () => {
  it('claims a new head for its dataset, and makes a queued job of what was asked', async () => {
    const job = await beginTraining('birds', { ...request, seed: 7 }, target, there);
    expect(job).toMatchObject({ head: 'birds', dataset: 'ds', seed: 7, status: 'queued', backbone });
    expect(job.codeSpace).toBe(await codeSpaceDigest(codeSpaceDocument));
    expect(parseTrainingId(job.id).dataset).toBe('ds');
    const head = await requireHead(store, 'birds');
    expect(head).toMatchObject({ dataset: 'ds', kind: 'softmax', backbone, taps: target.taps });
    await beginTraining('birds', { ...request, kind: 'softmax' }, target, there);
    expect(await requireHead(store, 'birds')).toEqual(head);
  });

  it('is refused without two labels, and claims nothing then', async () => {
    for (const few of [{}, { a: 5 }] as Record<string, number>[])
      await expect(beginTraining('birds', request, target, { ...there, labels: few })).rejects.toMatchObject({
        type: 'too-few-examples',
      });
    expect(await store.head(headKey('birds'))).toBeNull();
  });

  it('is refused beyond the labels that a job can carry, and claims nothing then', async () => {
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`label ${i}`, 1]));
    await expect(
      beginTraining('birds', request, target, { ...there, labels: many(maxLabels + 1) }),
    ).rejects.toMatchObject({
      type: 'too-many-labels',
    });
    expect(await store.head(headKey('birds'))).toBeNull();
    expect(
      await beginTraining('birds', request, target, { ...there, labels: many(maxLabels) }),
    ).toMatchObject({
      head: 'birds',
    });
  });

  it('is refused for a head of another dataset, backbone or tap, naming what it was made with', async () => {
    await beginTraining('birds', request, target, there);
    await expect(
      beginTraining('birds', { ...request, dataset: 'other' }, target, there),
    ).rejects.toMatchObject({ type: 'head-bound-elsewhere', facts: { dataset: 'ds' } });
    const others: HeadTarget[] = [
      { ...target, backbone: { name: 'other', digest: 'f'.repeat(64) } },
      { ...target, taps: [{ op: 'elsewhere', pooling: 'avg', pre: false }] },
    ];
    for (const other of others)
      await expect(beginTraining('birds', request, other, there)).rejects.toMatchObject({
        type: 'conflict',
        message: expect.stringMatching(/backbone "net"|tap "relu"/),
      });
  });
});

describe('a training by another strategy than linear', () => {
  it('keeps what it was asked for, and else what its head was made with', async () => {
    const wanted = { ...request, strategy: 'fine-tune-top' as const, device: 'cpu' as const };
    const { options } = await beginTraining('birds', { ...wanted, tuning: { epochs: 3 } }, target, there);
    expect(options).toMatchObject({ strategy: 'fine-tune-top', device: 'cpu', tuning: { epochs: 3 } });
    const ask = async (changes: object) =>
      (await beginTraining('birds', { dataset: 'ds', ...changes }, target, there)).options.strategy;
    expect([await ask({}), await ask({ strategy: 'linear' })]).toEqual(['fine-tune-top', 'linear']);
  });

  it('is refused at once without a trainer, and claims no head then', async () => {
    const alone = { ...there, hasTrainer: false };
    const refused = { type: 'trainer-unavailable', message: expect.stringContaining('TRAINER_URL') };
    const wanted = { ...request, strategy: 'auto' as const };
    await expect(beginTraining('birds', wanted, target, alone)).rejects.toMatchObject(refused);
    expect(await store.head(headKey('birds'))).toBeNull();
    await beginTraining('birds', wanted, target, there);
    await expect(beginTraining('birds', { dataset: 'ds' }, target, alone)).rejects.toMatchObject(refused);
    expect(await beginTraining('birds', request, target, alone)).toMatchObject({ status: 'queued' });
  });
});

describe('telling of a training', () => {
  it('says that there is none, under an unknown id or a record of another', async () => {
    const { journal } = createParts();
    const id = trainingId('ds', '01ARZ3NDEKTSV4RRFFQ69G5FAV');
    await expect(describeTraining({ dataset: 'ds', journal, store }, id)).rejects.toMatchObject({
      type: 'not-found',
    });
    const job = await beginTraining('birds', request, target, there);
    const key = jobKey('ds', parseTrainingId(id).ulid);
    await store.put(key, toJson(job));
    await expect(describeTraining({ dataset: 'ds', journal, store }, id)).rejects.toMatchObject({
      type: 'not-found',
    });
  });

  it('tells no version before the job has ended', async () => {
    const { journal } = createParts();
    const job = await beginTraining('birds', request, target, there);
    journal.saveJob({ ...job, status: 'running', phase: 'committing', version: 3 });
    expect(await describeTraining({ dataset: 'ds', journal, store }, job.id)).not.toHaveProperty('version');
  });
});

describe('the queue', () => {
  it('takes a stated number of trainings of a dataset, and turns the next away before it claims a head', async () => {
    const world = await createWorld(4);
    world.trainer = async function* () {
      yield { type: 'heartbeat' };
      await new Promise(() => {});
    };
    const { runner } = world;
    const parts = {
      ...world.parts,
      dataset: 'ds',
      runner,
      starts: serially(),
      hasTrainer: true,
    } as unknown as Parts;
    const ask = (head: string) => requestTraining(parts, head, request, target);
    // One runs, the others wait.
    for (let i = 0; i <= maxQueued; i++) await ask('birds');
    await expect(ask('new')).rejects.toMatchObject({ type: 'too-many-trainings', status: 429 });
    expect(await parts.store.head(headKey('new'))).toBeNull();
    const { id } = await describeTraining(parts, world.parts.journal.activeJobs()[3]!.id);
    await cancelTraining(parts, id);
    expect(await ask('birds')).toMatchObject({ status: 'queued' });
  });
});

describe('a training without a trainer', () => {
  const noTrainer = createTrainerClient('', keys.signer);

  async function trained(codes: 'there' | 'missing') {
    const world = await createWorld(4);
    if (codes === 'missing') await teach(world.parts, 9, { code: false });
    world.trainsHere = true;
    world.trainer = (asked, signal) =>
      asked.path === '/v1/fills'
        ? noTrainer.lines('/v1/fills', asked, signal)
        : noTrainer.lines('/v1/jobs', asked as TrainRequest, signal);
    const id = await world.request();
    await world.settle();
    return world.job(id);
  }

  it('works while every code is there, and fails at once where one is missing, saying what to do', async () => {
    expect(noTrainer.isConfigured).toBe(false);
    expect(await trained('there')).toMatchObject({ status: 'succeeded', place: 'control' });
    const failed = await trained('missing');
    expect(failed).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
    expect(failed.error!.detail).toContain('TRAINER_URL');
  });

  it('fails at once where it is too large for control', async () => {
    const world = await createWorld(4);
    world.trainer = (asked, signal) => noTrainer.lines('/v1/jobs', asked as TrainRequest, signal);
    const id = await world.request();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
  });
});
