// A training from its request to its record: the whole path, the queue, and a bucket that fails on the way.

import { beforeEach, describe, expect, it } from 'vitest';
import { JobSchema, jobKey, parseTrainingId, type TrainRequest } from '../../../lib/contract/index.ts';
import { readTrainingSet } from '../../../lib/datasets/index.ts';
import { memorySql } from '../../../lib/datasets/testing/sql-node.ts';
import { readManifest } from '../../../lib/registry/index.ts';
import { fromJson } from '../../../lib/tensors/index.ts';
import { keptJobs } from './records.ts';
import { createParts, dataset, keys } from './testing/parts-node.ts';
import {
  codeSpace,
  createWorld,
  pass,
  until,
  useFrozenDate,
  type World,
} from './testing/runner-world-node.ts';
import { describeTraining } from './trainings.ts';

useFrozenDate();

let world: World;
beforeEach(async () => {
  world = await createWorld(4);
});

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
    expect(JobSchema.parse(fromJson(object!.body))).toEqual(world.job(id));
    expect(world.parts.journal.unrecordedJobs()).toEqual([]);
    const forgotten = createParts(memorySql(), world.bucket);
    const told = await describeTraining({ dataset, journal: forgotten.journal, store: world.bucket }, id);
    expect(told).toMatchObject({ id, status: 'succeeded', version: 1, report: { fittedOn: 'all' } });
  });

  it('is recorded when it is asked for, and told of as lost if its coordinator is', async () => {
    world.trainer = async function* () {
      yield { type: 'heartbeat' };
      await new Promise(() => {});
    };
    const id = await world.request();
    await until(() => world.parts.journal.unrecordedJobs().length === 0);
    const object = await world.bucket.get(jobKey(dataset, parseTrainingId(id).ulid));
    expect(fromJson(object!.body)).toMatchObject({ id, ended: null });
    const forgotten = createParts(memorySql(), world.bucket);
    const told = await describeTraining({ dataset, journal: forgotten.journal, store: world.bucket }, id);
    expect(told).toMatchObject({ status: 'failed', error: { type: 'internal' } });
  });

  it('leaves the journal when many have ended after it, and is told of from the bucket', async () => {
    const first = await world.request();
    await world.settle();
    for (let i = 0; i < keptJobs; i++) {
      await world.request();
      await world.settle();
    }
    expect(world.parts.journal.job(first)).toBeNull();
    const { journal } = world.parts;
    const told = await describeTraining({ dataset, journal, store: world.bucket }, first);
    expect(told).toMatchObject({ id: first, status: 'succeeded', version: 1 });
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
