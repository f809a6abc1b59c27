// A training survives whoever dies: the trainer, or everything. One version for each training that succeeded,
// numbered without gaps, and no half of one.

import { describe, expect, it } from 'vitest';
import { JobSchema, jobKey, parseTrainingId, type TrainingData } from '../../lib/contract/index.ts';
import { isOver } from '../../lib/jobs/index.ts';
import { full, useInstance } from '../support/instance.ts';
import {
  announcedSeed,
  digits,
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
const rounds = full ? 12 : 1;
/** From the request to the moved channel, a training of these few codes takes about this long. */
const trainingTakesMs = 500;

const succeeded: TrainingData[] = [];

/** Each succeeded training has one version of its own, and the numbers run from 1 without a gap. */
async function expectOneVersionEach(): Promise<void> {
  const { versions, channels } = await versionsOf(hw.api, 'marks');
  const numbers = versions.map(({ version }) => version).sort((a, b) => a - b);
  expect(numbers).toEqual(succeeded.map(({ version }) => version).sort((a, b) => a! - b!));
  expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  expect(channels.stable).toBe(numbers.at(-1));
}

describe('a trainer that dies', () => {
  it('in the middle of a training: the training is taken up again and succeeds', async () => {
    const { api } = hw;
    await teachAll(api, 'marks', digits(['0', '1', '7'], 0, 8));
    hw.freezeTrainer();
    const { id } = await api.train('marks', 'marks');
    expect(await untilTraining(api, id)).toMatchObject({ status: 'running', phase: 'training' });
    await hw.killTrainer();
    await hw.stack.restartTrainer();
    const training = await untilOver(api, id);
    expect(training).toMatchObject({ status: 'succeeded', version: 1 });
    succeeded.push(training);
    await expectOneVersionEach();
  });

  it('before a training is asked for: it waits, and succeeds once the trainer is back', async () => {
    const { api } = hw;
    await hw.killTrainer();
    const { id } = await api.train('marks', 'marks');
    await sleep(2000);
    expect(await api.training(id)).toMatchObject({ status: 'running' });
    await hw.stack.restartTrainer();
    const training = await untilOver(api, id);
    expect(training).toMatchObject({ status: 'succeeded', version: 2 });
    succeeded.push(training);
    await expectOneVersionEach();
  });

  it.runIf(full)('for good: the training fails with the reason, and the next one is not harmed', async () => {
    const { api } = hw;
    await hw.killTrainer();
    const { id } = await api.train('marks', 'marks');
    const training = await untilOver(api, id, 150_000);
    expect(training).toMatchObject({ status: 'failed', error: { type: 'trainer-unavailable' } });
    expect(training.version).toBeUndefined();
    await hw.stack.restartTrainer();
    const next = await train(api, 'marks', 'marks');
    expect(next.status).toBe('succeeded');
    succeeded.push(next);
    await expectOneVersionEach();
  });
});

describe('everything that dies', () => {
  /** Whether the bucket says that the job has ended; it is asked, and not the coordinator, whom a question would wake. */
  async function recordedAsOver(id: string): Promise<boolean> {
    const record = await hw.store.get(jobKey('marks', parseTrainingId(id).ulid));
    return record !== null && isOver(JobSchema.parse(JSON.parse(new TextDecoder().decode(record.body))));
  }

  it('while the trainer works: after a start the training ends by itself, though nobody asks for it', async () => {
    hw.freezeTrainer();
    const { id } = await hw.api.train('marks', 'marks');
    expect(await untilTraining(hw.api, id)).toMatchObject({ phase: 'training' });
    await hw.kill();
    await hw.start();
    await until('the bucket says that the job has ended', () => recordedAsOver(id), 60_000);
    const training = await hw.api.training(id);
    expect(training.status).toBe('succeeded');
    succeeded.push(training);
    await expectOneVersionEach();
  });

  it.each(Array.from({ length: rounds }, (_, i) => i + 1))(
    'at any moment of two trainings: both succeed after a start, with one version each (%i)',
    async () => {
      const asked = [await hw.api.train('marks', 'marks'), await hw.api.train('marks', 'marks')];
      await sleep(random() * 2 * trainingTakesMs);
      await hw.kill();
      await hw.start();
      for (const { id } of asked) {
        const training = await untilOver(hw.api, id);
        expect(training.status).toBe('succeeded');
        succeeded.push(training);
      }
      await expectOneVersionEach();
    },
  );
});
