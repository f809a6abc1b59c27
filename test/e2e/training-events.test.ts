// A training followed as server-sent events from the running Worker: as it happens, to its end, and no longer than
// somebody listens.

import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../lib/contract/index.ts';
import { useInstance } from '../support/instance.ts';
import { digits, refusal, sleep, teachAll, train, untilOver } from '../support/steps.ts';

const hw = useInstance({ SMALL_TRAININGS: 'trainer' });
beforeAll(() => teachAll(hw.api, 'two', digits(['0', '1'], 0, 8)));

/** A training that lasts as long as the trainer stands still: it needs codes that the dataset has not. */
async function whileFrozen(head: string, work: (id: string) => Promise<void>): Promise<void> {
  hw.freezeTrainer();
  try {
    await work((await hw.api.train(head, 'two', { tap: 'final' })).id);
  } finally {
    hw.thawTrainer();
  }
}

interface Heard {
  id?: string;
  event?: string;
  data?: string;
}

const listen = (id: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`${hw.stack.url}/v1/trainings/${id}/events`, {
    headers: { authorization: `Bearer ${hw.stack.keys.apiKey}`, ...headers },
    signal,
  });

/** Every event of a stream, as it arrives. */
async function* events(response: Response): AsyncGenerator<Heard> {
  let held = '';
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    held += text;
    const blocks = held.split('\n\n');
    held = blocks.pop()!;
    for (const block of blocks)
      yield Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
  }
  expect(held).toBe('');
}

async function hear(response: Response): Promise<Heard[]> {
  const heard: Heard[] = [];
  for await (const event of events(response)) heard.push(event);
  return heard;
}

describe('the events of a training', () => {
  it('tell of it from its beginning to its report, as it happens', async () => {
    await whileFrozen('birds', async (id) => {
      const response = await listen(id);
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      const heard: Heard[] = [];
      for await (const event of events(response)) {
        heard.push(event);
        if (event.event === 'training') hw.thawTrainer();
      }
      const states = heard
        .filter(({ event }) => event === 'training')
        .map(({ data }) => JSON.parse(data!) as TrainingData);
      expect(states[0]!.status).not.toBe('succeeded');
      expect(states.at(-1)).toEqual(await hw.api.training(id));
      expect(states.at(-1)).toMatchObject({ status: 'succeeded', version: 1, report: { examples: 16 } });
      for (const state of states.slice(0, -1)) expect(state).not.toHaveProperty('report');
      expect(heard.at(-1)).toMatchObject({ id: 'end', event: 'end' });
    });
  });

  it('of one that is over are its end; whoever has heard that need not come back', async () => {
    const { id } = await train(hw.api, 'over', 'two');
    expect((await hear(await listen(id))).map(({ event }) => event)).toEqual([undefined, 'training', 'end']);
    const later = await hear(await listen(id, { 'last-event-id': '4' }));
    expect(later[1]).toMatchObject({ id: '5', event: 'training' });
    expect((await listen(id, { 'last-event-id': 'end' })).status).toBe(204);
  });

  it('leave nothing behind when their listeners go away', async () => {
    await whileFrozen('left', async (id) => {
      const leaving = Array.from({ length: 20 }, () => new AbortController());
      await Promise.all(
        leaving.map(async ({ signal }) => {
          const response = await listen(id, {}, signal);
          await response.body!.getReader().read();
        }),
      );
      for (const controller of leaving) controller.abort();
      await sleep(1000);
      hw.thawTrainer();
      expect(await untilOver(hw.api, id)).toMatchObject({ status: 'succeeded' });
      expect(await hear(await listen(id))).toHaveLength(3);
    });
  });

  it('of no training are 404 before they begin; HEAD is answered at once', async () => {
    expect(await refusal(await listen('dHdv.01ARZ3NDEKTSV4RRFFQ69G5FAV'))).toMatchObject({
      status: 404,
      type: 'not-found',
    });
    const { id } = await train(hw.api, 'asked', 'two');
    const head = await hw.api.call('HEAD', `/v1/trainings/${id}/events`);
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(head.headers.get('content-type')).toBe('text/event-stream');
  });
});
