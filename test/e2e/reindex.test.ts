// Codes of another space are made beforehand, in the background, with real processes: a training afterwards needs no
// trainer and no image.

import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../lib/contract/index.ts';
import { useInstance } from '../support/instance.ts';
import { digits, refusal, teachAll, train, untilOver } from '../support/steps.ts';

const hw = useInstance();
const images = digits(['0', '1'], 0, 8);
beforeAll(() => teachAll(hw.api, 'two', images));

const reindex = (body: object, dataset = 'two') =>
  hw.api.call('POST', `/v1/datasets/${dataset}/reindex`, body);

async function reindexed(body: object): Promise<TrainingData> {
  const response = await reindex(body);
  expect(response.status).toBe(202);
  const { id } = (await response.json()) as TrainingData;
  expect(response.headers.get('location')).toBe(`/v1/trainings/${id}`);
  return untilOver(hw.api, id);
}

describe('reindexing', () => {
  it('makes the codes of another tap, and is over at once where all are there', async () => {
    const end = await reindexed({ tap: 'final' });
    expect(end).toMatchObject({ head: null, dataset: 'two', status: 'succeeded', progress: 1 });
    expect(await reindexed({ tap: 'final' })).toMatchObject({ status: 'succeeded' });
    expect(await reindexed({})).toMatchObject({ status: 'succeeded' });
  });

  it('spares a training the trainer', async () => {
    await hw.killTrainer();
    const trained = await train(hw.api, 'late', 'two', { tap: 'final' });
    expect(trained).toMatchObject({ status: 'succeeded', version: 1 });
    await hw.stack.restartTrainer();
    const answer = await hw.api.classify('late', images[0]!.png);
    expect(answer.predictions[0]!.label).toBe(images[0]!.label);
  });

  it('refuses a tap, a backbone and a dataset that are not there, and fields that it does not know', async () => {
    expect(await refusal(await reindex({ tap: 'nowhere' }))).toMatchObject({ type: 'unknown-tap' });
    expect(await refusal(await reindex({ backbone: 'none' }))).toMatchObject({ type: 'unknown-backbone' });
    expect(await refusal(await reindex({}, 'nothing'))).toMatchObject({ type: 'not-found' });
    expect(await refusal(await reindex({ taps: ['final'] }))).toMatchObject({ type: 'bad-request' });
  });
});
