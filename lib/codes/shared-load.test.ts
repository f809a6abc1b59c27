import { beforeEach, describe, expect, it } from 'vitest';
import { createTime, turn, watch } from '../../test/support/virtual-time.ts';
import { createSharedLoads, type SharedLoads } from './shared-load.ts';

const takeoverMs = 1000;
let time: ReturnType<typeof createTime>;
let loads: SharedLoads<string>;
let count: number;

beforeEach(() => {
  time = createTime();
  loads = createSharedLoads<string>({ clock: time.clock, sleep: time.sleep, takeoverMs });
  count = 0;
});

/** Takes 100 ms and answers which load it was. */
const load = async () => {
  const mine = ++count;
  await time.sleep(100);
  return `load ${mine}`;
};
const never = () => new Promise<string>(() => {});

describe('a shared load', () => {
  it('is done once, for all who ask meanwhile and later', async () => {
    const answers = Promise.all(Array.from({ length: 10 }, () => loads.get('k', load)));
    await time.pass(200);
    expect(new Set(await answers)).toEqual(new Set(['load 1']));
    expect(await loads.get('k', load)).toBe('load 1');
    expect(loads.peek('k')).toBe('load 1');
    expect(loads.entries()).toEqual([['k', 'load 1']]);
  });

  it('is handed over, so that it can go on without the request that began it', async () => {
    const behind: Promise<unknown>[] = [];
    const kept = createSharedLoads<string>({ ...time, takeoverMs, behind: (work) => behind.push(work) });
    const answers = Promise.all([kept.get('k', load), kept.get('k', load)]);
    await time.pass(200);
    expect(await answers).toEqual(['load 1', 'load 1']);
    await expect(kept.get('other', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await Promise.all(behind)).toEqual(['load 1', undefined]);
  });

  it('is forgotten when it fails, and done again by the next', async () => {
    await expect(loads.get('k', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(loads.entries()).toEqual([]);
    const next = loads.get('k', load);
    await time.pass(200);
    expect(await next).toBe('load 1');
  });

  it('is kept when it is done by one who waited for another that failed', async () => {
    const failing = watch(loads.get('k', () => time.sleep(50).then(() => Promise.reject(new Error('no')))));
    const waiter = watch(loads.get('k', load));
    await time.pass(300);
    expect(failing.error).toEqual(new Error('no'));
    expect(waiter.value).toBe('load 1');
    expect(await loads.get('k', load)).toBe('load 1');
  });

  it('is taken over by one, and only one, when whoever began it has vanished', async () => {
    watch(loads.get('k', never));
    const waiters = Array.from({ length: 5 }, () => watch(loads.get('k', load)));
    await time.pass(takeoverMs - 1);
    expect(count).toBe(0);
    await time.pass(200);
    expect(waiters.map(({ value }) => value)).toEqual(Array(5).fill('load 1'));
    expect(count).toBe(1);
  });

  it('keeps what is in use when the one that was taken over ends after all, well or not', async () => {
    for (const end of ['well', 'badly']) {
      let [resolve, reject] = [(_: string) => {}, (_: Error) => {}];
      const slow = watch(loads.get(end, () => new Promise((...both) => ([resolve, reject] = both))));
      await time.pass(takeoverMs);
      const second = watch(loads.get(end, load));
      await time.pass(200);
      if (end === 'well') resolve('slow');
      else reject(new Error('slow'));
      await turn();
      if (end === 'well') expect(slow.value).toBe(second.value);
      else expect(slow.error).toEqual(new Error('slow'));
      expect(loads.peek(end)).toBe(second.value);
    }
  });

  it('is done again after it was dropped', async () => {
    const [first] = await Promise.all([loads.get('k', load), time.pass(200)]);
    loads.drop('k');
    const [second] = await Promise.all([loads.get('k', load), time.pass(200)]);
    expect([first, second]).toEqual(['load 1', 'load 2']);
  });
});
