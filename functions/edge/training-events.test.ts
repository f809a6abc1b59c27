import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrainingData } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { createTime, turn } from '../../test/support/virtual-time.ts';
import { eventTimes, maxFailures, maxLooks, trainingEvents } from './training-events.ts';

const { pollMs, heartbeatMs } = eventTimes;
const report = { examples: 2 } as TrainingData['report'];
const running = (progress: number, phase: TrainingData['phase'] = 'training'): TrainingData => ({
  id: 'ds.1',
  task: 'train',
  head: 'birds',
  dataset: 'ds',
  status: 'running',
  phase,
  progress,
  stages: {},
});
const over: TrainingData = { ...running(1, null), status: 'succeeded', version: 1, report };

let time: ReturnType<typeof createTime>;
let state: TrainingData | Error;
let looks: number;
beforeEach(() => {
  time = createTime();
  state = running(0);
  looks = 0;
});

interface Heard {
  id?: string;
  event?: string;
  data?: Record<string, unknown>;
  comment?: string;
  retry?: string;
}

/** A client of a stream that begins with the present state. */
function listen(lastEventId?: string) {
  const stream = trainingEvents({
    first: state as TrainingData,
    async look() {
      looks++;
      if (state instanceof Error) throw state;
      return state;
    },
    lastEventId,
    clock: time.clock,
    sleep: time.sleep,
  });
  const reader = stream.getReader();
  const client = { heard: [] as Heard[], isOver: false, leave: () => reader.cancel() };
  const decoder = new TextDecoder();
  (async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      client.heard.push(...parse(decoder.decode(next.value)));
    client.isOver = true;
  })();
  return client;
}

/** Blocks of `field: value` lines, each ended by an empty line. */
function parse(text: string): Heard[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      const fields = block.split('\n').map((line) => {
        const [, name, value] = /^(\w*): (.*)$/.exec(line)!;
        return [name || 'comment', name === 'data' ? JSON.parse(value!) : value];
      });
      return Object.fromEntries(fields);
    });
}

const become = async (next: TrainingData | Error) => {
  state = next;
  await time.pass(pollMs);
};

describe('the events of a training', () => {
  it('begin with the state, go on with each change, and end with the report', async () => {
    const client = listen();
    await turn();
    for (const next of [running(0.5), running(0.5), running(0.5, 'committing'), over]) await become(next);
    expect(client.heard).toEqual([
      { retry: String(eventTimes.retryMs) },
      { id: '1', event: 'training', data: running(0) },
      { id: '2', event: 'training', data: running(0.5) },
      { id: '3', event: 'training', data: running(0.5, 'committing') },
      { id: '4', event: 'training', data: over },
      { id: 'end', event: 'end', data: { status: 'succeeded' } },
    ]);
    expect(client.isOver).toBe(true);
    const asked = looks;
    await time.pass(60_000);
    expect(looks).toBe(asked);
  });

  it('of one that is over already are its end', async () => {
    state = over;
    const client = listen();
    await turn();
    expect(client.heard.map(({ event }) => event)).toEqual([undefined, 'training', 'end']);
    expect([client.isOver, looks]).toEqual([true, 0]);
  });

  it('carry no report before the end', async () => {
    state = { ...running(0.9, 'committing'), version: 1, report };
    const client = listen();
    await turn();
    expect(client.heard[1]!.data).toMatchObject({ version: 1 });
    expect(client.heard[1]!.data).not.toHaveProperty('report');
  });

  it('are comments while nothing changes', async () => {
    const client = listen();
    await turn();
    await time.pass(2 * heartbeatMs + 2 * pollMs);
    expect(client.heard.slice(2)).toEqual([{ comment: 'still here' }, { comment: 'still here' }]);
  });

  it('count on from the last one that a client has heard', async () => {
    for (const [last, id] of [
      ['7', '8'],
      ['nonsense', '1'],
      ['-3', '1'],
    ]) {
      const client = listen(last);
      await turn();
      expect(client.heard[1]!.id).toBe(id);
      await client.leave();
    }
  });

  it('are not asked for once the client has left', async () => {
    const client = listen();
    await time.pass(3 * pollMs);
    expect(looks).toBe(3);
    await client.leave();
    await time.pass(60_000);
    expect(looks).toBe(3);
  });

  it('are not asked for before anybody reads, nor while nobody does', async () => {
    const stream = trainingEvents({
      first: running(0),
      look: async () => running(++looks / 100),
      clock: time.clock,
      sleep: time.sleep,
    });
    await time.pass(60_000);
    expect(looks).toBe(0);
    const reader = stream.getReader();
    await reader.read();
    const second = reader.read();
    await time.pass(pollMs);
    await second;
    await time.pass(60_000);
    expect(looks).toBe(1);
    await reader.cancel();
  });

  it('outlive a control that fails for a while', async () => {
    const client = listen();
    await turn();
    for (let i = 0; i < maxFailures; i++) await become(new HeadwaterError('storage-unavailable', 'Down.'));
    await become(running(0.5));
    expect(client.heard.map(({ event }) => event)).toEqual([undefined, 'training', 'training']);
    expect(client.isOver).toBe(false);
    await client.leave();
  });

  it('end with an error when it does not come back, and tell nothing from inside', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const [failure, type] of [
      [new HeadwaterError('not-found', 'Gone.'), 'not-found'],
      [new TypeError('the secret is 42'), 'internal'],
    ] as const) {
      state = running(0);
      const client = listen();
      await turn();
      for (let i = 0; i <= maxFailures; i++) await become(failure);
      expect(client.heard.at(-1)).toMatchObject({
        id: '2',
        event: 'error',
        data: { type: `/problems/${type}` },
      });
      expect(JSON.stringify(client.heard)).not.toContain('42');
      expect(client.isOver).toBe(true);
    }
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });

  it.each(['unauthorized', 'keys-unavailable'] as const)(
    'end at once with an error that is %s',
    async (type) => {
      const client = listen();
      await turn();
      await become(new HeadwaterError(type, 'No.'));
      expect(client.heard.at(-1)).toMatchObject({ event: 'error', data: { type: `/problems/${type}` } });
      expect(client.isOver).toBe(true);
    },
  );

  it('end without one after so many looks, for the client to come back', async () => {
    const client = listen();
    await time.pass((maxLooks + 1) * pollMs);
    expect(looks).toBe(maxLooks);
    expect(client.isOver).toBe(true);
    expect(client.heard.at(-1)).toEqual({ comment: 'come back to hear more' });
  });
});
