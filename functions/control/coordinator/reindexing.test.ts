import { beforeEach, describe, expect, it } from 'vitest';
import { codeSpaceDigest, type FillRequest, type HeadTarget } from '../../../lib/contract/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import { newReindexing } from './reindexing.ts';
import { dataset, teach } from './testing/parts-node.ts';
import { codesLine, createWorld, pass, useFrozenDate, type World } from './testing/runner-world-node.ts';
import { describeTraining } from './trainings.ts';

useFrozenDate();

const { backbone, codeSpaceDocument } = manifestOf('birds', 1);
/** The space of another arithmetic than that in which everything was taught. */
const codeSpace = {
  ...codeSpaceDocument,
  arithmetic: { kind: 'int8', quantisation: 'a'.repeat(64), kernel: 'headwater-int8/1' },
};
const target: HeadTarget = { backbone, taps: codeSpace.taps, codeSpace };
const space = await codeSpaceDigest(codeSpace);

let world: World;
beforeEach(async () => {
  world = await createWorld(4);
});

async function reindex(): Promise<string> {
  const job = await newReindexing(dataset, target);
  world.runner.request(job);
  await world.settle();
  return job.id;
}

describe('a reindexing', () => {
  it('makes the codes that a space lacks, keeps them in a segment, and publishes nothing', async () => {
    const id = await reindex();
    const asked = world.asked as unknown as FillRequest[];
    expect(asked.map(({ examples, codeSpace }) => [examples.length, codeSpace])).toEqual([[4, space]]);
    expect(world.parts.index.uncoded(space)).toEqual([]);
    expect(world.parts.index.segments(space)).toHaveLength(1);
    const told = await describeTraining({ ...world.parts, store: world.bucket, dataset }, id);
    expect(told).toMatchObject({ head: null, status: 'succeeded', progress: 1 });
    expect(told).not.toHaveProperty('version');
    expect(told).not.toHaveProperty('report');
  });

  it('asks for nothing where all codes are there, and only for what has come since', async () => {
    await reindex();
    await reindex();
    await teach(world.parts, 9, { code: false });
    await reindex();
    expect(world.asked.map((fill) => (fill as FillRequest).examples.length)).toEqual([4, 1]);
  });

  it('goes on where the trainer broke off, with the codes that had come', async () => {
    const whole = world.trainer;
    world.trainer = async function* (request) {
      yield codesLine((request as unknown as FillRequest).examples.slice(0, 3).map(({ digest }) => digest));
    };
    const id = await reindex();
    expect(world.job(id)).toMatchObject({ status: 'running', phase: 'codes' });
    world.trainer = whole;
    pass(1000);
    world.runner.tick();
    await world.settle();
    expect(world.job(id)).toMatchObject({ status: 'succeeded', snapshot: null, version: null });
    expect(world.asked.map((fill) => (fill as FillRequest).examples.length)).toEqual([4, 1]);
  });

  it('can be given up', async () => {
    world.trainer = async function* (_request, signal) {
      yield { type: 'heartbeat' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    const job = await newReindexing(dataset, target);
    world.runner.request(job);
    await Promise.resolve();
    world.runner.handle({ type: 'cancel', id: job.id });
    await world.settle();
    expect(world.job(job.id).status).toBe('cancelled');
  });
});
