// A training that is asked for again under the same claim.

import { beforeEach, describe, expect, it } from 'vitest';
import { type HeadTarget, trainingId } from '../../../lib/contract/index.ts';
import { manifestOf } from '../../../lib/registry/testing.ts';
import type { Parts } from './parts.ts';
import { serially } from './serially.ts';
import { createWorld, useFrozenDate, type World } from './testing/runner-world-node.ts';
import { requestTraining } from './trainings.ts';

const { backbone, codeSpaceDocument } = manifestOf('birds', 1);
const target: HeadTarget = { backbone, taps: codeSpaceDocument.taps, codeSpace: codeSpaceDocument };
const request = { dataset: 'ds', strategy: 'linear' as const };
const claim = '01ARZ3NDEKTSV4RRFFQ69G5FAV';

useFrozenDate();
let world: World;
beforeEach(async () => {
  world = await createWorld(4);
});

const ask = (under?: string) => {
  const parts = { ...world.parts, dataset: 'ds', runner: world.runner, starts: serially() };
  return requestTraining(parts as unknown as Parts, 'birds', request, target, under);
};
const jobs = () => world.sql.exec('SELECT id FROM jobs').toArray();

describe('under a claim', () => {
  it('a training has the id of its claim, and is taken up once', async () => {
    const first = await ask(claim);
    expect(first.id).toBe(trainingId('ds', claim));
    world.restart();
    expect((await ask(claim)).id).toBe(first.id);
    expect(jobs()).toHaveLength(1);
  });

  it('two attempts at once take up one training', async () => {
    const [a, b] = await Promise.all([ask(claim), ask(claim)]);
    expect(a.id).toBe(b.id);
    expect(jobs()).toHaveLength(1);
  });

  it('and without one it is another each time', async () => {
    expect((await ask()).id).not.toBe((await ask()).id);
    expect(jobs()).toHaveLength(2);
  });
});
