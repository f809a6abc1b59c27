// What a person says about a head stays said: rollbacks and promotions at every moment of a training that is
// about to publish.

import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../lib/contract/index.ts';
import { full, useInstance } from '../support/instance.ts';
import {
  announcedSeed,
  digits,
  promote,
  rollBack,
  seeded,
  sleep,
  teachAll,
  train,
  until,
  untilOver,
  untilTraining,
  versionsOf,
} from '../support/steps.ts';

const hw = useInstance({ SMALL_TRAININGS: 'trainer' });
const random = seeded(announcedSeed());
const rounds = full ? 30 : 3;
/** How long a person's word is watched after the training has ended. */
const lingerMs = full ? 2000 : 300;
const outcomes: Record<string, number> = {};

/** Longest that a training of this dataset has taken, from the request to its end. */
let trainingTakesMs = 0;

async function timed(ask: Promise<TrainingData>): Promise<TrainingData> {
  const began = performance.now();
  const training = await ask;
  trainingTakesMs = Math.max(trainingTakesMs, performance.now() - began);
  return training;
}

beforeAll(async () => {
  await teachAll(hw.api, 'contested', digits(['0', '1', '7'], 0, 8));
  for (let i = 0; i < 2; i++) await timed(train(hw.api, 'contested', 'contested'));
});

/** The version before the stable one: where "roll back" leads. */
const numbers = async () => (await versionsOf(hw.api, 'contested')).versions.map(({ version }) => version);

/** A job that met the operator's word is held with the reason; one that was faster has succeeded. */
function expectSettled(job: TrainingData, reason: RegExp): void {
  expect(['held', 'succeeded']).toContain(job.status);
  if (job.status === 'held') expect(job.reason).toMatch(reason);
  outcomes[job.status] = (outcomes[job.status] ?? 0) + 1;
}

/** The word of a person is still the last one a while later. */
async function expectStays(expected: object): Promise<void> {
  await sleep(lingerMs);
  expect((await versionsOf(hw.api, 'contested')).channels).toMatchObject(expected);
}

describe.each(Array.from({ length: rounds }, (_, i) => i + 1))('round %i', (round) => {
  it('a rollback while a training publishes stays, pinned; the training is held or was faster', async () => {
    const { id } = await hw.api.train('contested', 'contested');
    await sleep(random() * trainingTakesMs);
    const reason = `round ${round}`;
    await rollBack(hw.api, 'contested', { version: 1, reason });
    const job = await untilOver(hw.api, id);
    expectSettled(job, new RegExp(reason));
    expect(await numbers()).toContain(job.version);
    await expectStays({ stable: 1, pin: { version: 1, reason } });
  });

  it('a promotion of an older version while a training publishes stays; the training is held or was faster', async () => {
    // Whatever the round before has left: version 2 answers, unpinned.
    await promote(hw.api, 'contested', 2);
    const { id } = await hw.api.train('contested', 'contested');
    // A training goes by what was stable when it began, so the race is on from then.
    await untilTraining(hw.api, id);
    await sleep((random() * trainingTakesMs) / 2);
    await promote(hw.api, 'contested', 1);
    expectSettled(await untilOver(hw.api, id), /expected stable to be 2/);
    await expectStays({ stable: 1, pin: null });
  });
});

describe('without a race', () => {
  it('a rollback before the training publishes holds it, and a promotion puts its version live', async () => {
    const { api } = hw;
    await promote(api, 'contested', 2);
    hw.freezeTrainer();
    const { id } = await api.train('contested', 'contested');
    await untilTraining(api, id);
    await rollBack(api, 'contested', { version: 1, reason: 'by hand' });
    hw.thawTrainer();
    const job = await untilOver(api, id);
    expect(job).toMatchObject({ status: 'held', reason: expect.stringContaining('by hand') });
    await promote(api, 'contested', job.version!);
    await expectStays({ stable: job.version, pin: null });
  });

  it('versions are numbered without gaps, whatever became of them', async () => {
    const all = (await numbers()).sort((a, b) => a - b);
    expect(all).toEqual(all.map((_, i) => i + 1));
    console.log(`races: ${JSON.stringify(outcomes)}, a training takes ${Math.round(trainingTakesMs)} ms`);
    await until('an answer', () => hw.api.classify('contested', digits(['0'], 500, 1)[0]!.png));
  });
});
