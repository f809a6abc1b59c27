// How an isolate's list of keys grows old: revoked keys end in time, an unreachable vault lets nobody in, and
// guessing costs no calls.

import { beforeEach, describe, expect, it } from 'vitest';
import { createTime, watch } from '../../test/support/virtual-time.ts';
import type { KeyRingData, RingKey } from '../contract/index.ts';
import { createRingCache, type RingCache, ringReadMs } from './index.ts';

const refreshMs = 2000;
const maxStaleMs = 30_000;
const key = (id: string): RingKey => ({
  id,
  sha256: 'a'.repeat(64),
  scopes: ['infer'],
  head: null,
  dataset: null,
  expires: null,
});
const never = () => new Promise<never>(() => {});
const unavailable = expect.objectContaining({ type: 'keys-unavailable' });

let time: ReturnType<typeof createTime>;
let cache: RingCache;
/** What the vault holds, how often and with what it was asked, and what it does when asked. */
let vault: { keys: string[]; revision: number; asked: (string | null)[]; hold: () => Promise<void> };
let behind: Promise<void>[];
let reports: unknown[];
/** Nothing of a cancelled request goes on, its timers neither. */
let isCancelled: boolean;

beforeEach(() => {
  time = createTime();
  vault = { keys: ['old'], revision: 1, asked: [], hold: async () => {} };
  [behind, reports, isCancelled] = [[], [], false];
  cache = createRingCache({
    async fetch(revision): Promise<KeyRingData | null> {
      vault.asked.push(revision);
      const { keys, revision: at } = vault;
      await vault.hold();
      return revision === `${at}` ? null : { revision: `${at}`, keys: keys.map(key), origins: [] };
    },
    report: (error) => reports.push(error),
    clock: time.clock,
    sleep: (ms) => (isCancelled ? never() : time.sleep(ms)),
    refreshMs,
    maxStaleMs,
  });
});

const change = (...keys: string[]) => {
  vault.keys = keys;
  vault.revision++;
};
const current = async () => [...(await cache.current((work) => behind.push(work))).keys.keys()];
const again = async () => [...(await cache.again()).keys.keys()];
const failing = async () => {
  throw new Error('down');
};

describe('a list of keys', () => {
  it('is read once, then behind one request per refreshMs', async () => {
    expect(await current()).toEqual(['old']);
    change('new');
    await time.pass(refreshMs - 1);
    expect(await current()).toEqual(['old']);
    await time.pass(1);
    expect([await current(), await current()]).toEqual([['old'], ['old']]);
    await Promise.all(behind);
    expect(await current()).toEqual(['new']);
    expect(vault.asked).toEqual([null, '1']);
    expect(behind).toHaveLength(1);
  });

  it('does not travel unchanged', async () => {
    await current();
    await time.pass(refreshMs);
    await current();
    await time.pass(refreshMs);
    expect(await current()).toEqual(['old']);
    expect(vault.asked).toEqual([null, '1', '1']);
  });

  it('is read in front once it is maxStaleMs old: a revoked key ends then, whatever comes before', async () => {
    await current();
    change();
    await time.pass(maxStaleMs);
    expect(await current()).toEqual([]);
    expect(behind).toHaveLength(0);
  });

  it('counts its age from when it was asked for, not from when it came', async () => {
    vault.hold = () => time.sleep(1000);
    const first = watch(current());
    await time.pass(1000);
    expect(first.value).toEqual(['old']);
    change();
    vault.hold = async () => {};
    await time.pass(maxStaleMs - 1000);
    expect(await current()).toEqual([]);
  });

  it('goes on counting while the vault is down, until it is maxStaleMs old; then nobody is let in', async () => {
    await current();
    vault.hold = failing;
    await time.pass(maxStaleMs - 1);
    expect(await current()).toEqual(['old']);
    await Promise.all(behind);
    expect(reports).toHaveLength(1);
    await time.pass(1);
    await expect(current()).rejects.toEqual(unavailable);
    await time.pass(refreshMs);
    await expect(current()).rejects.toEqual(unavailable);
    vault.hold = async () => {};
    await time.pass(refreshMs);
    expect(await current()).toEqual(['old']);
  });

  it('is asked for once per refreshMs while the vault is down, however many wait', async () => {
    vault.hold = failing;
    for (let i = 0; i < 20; i++) await expect(current()).rejects.toEqual(unavailable);
    expect(vault.asked).toHaveLength(1);
  });

  it('is read once for all who come first', async () => {
    vault.hold = () => time.sleep(100);
    const all = Promise.all([current(), current(), current()]);
    await time.pass(200);
    expect(await all).toEqual([['old'], ['old'], ['old']]);
    expect(vault.asked).toHaveLength(1);
  });

  it('is read by the next when the request that read it was cancelled', async () => {
    [vault.hold, isCancelled] = [never, true];
    void current();
    await time.pass(10);
    [vault.hold, isCancelled] = [async () => {}, false];
    const waiting = watch(current());
    await time.pass(ringReadMs);
    expect(waiting.value).toEqual(['old']);
  });

  it('that comes too late is not waited for', async () => {
    vault.hold = never;
    const waiting = watch(current());
    await time.pass(ringReadMs);
    expect(waiting.error).toEqual(unavailable);
  });
});

describe('a key that is not in the list', () => {
  it('is looked for at once if the last look is refreshMs old', async () => {
    await current();
    change('old', 'new');
    await time.pass(refreshMs);
    expect(await again()).toEqual(['old', 'new']);
  });

  it('costs one call per refreshMs, however many are guessed', async () => {
    await current();
    for (let i = 0; i < 100; i++) {
      const guess = Promise.all([current(), again()]);
      await time.pass(refreshMs / 50);
      expect(await guess).toEqual([['old'], ['old']]);
    }
    expect(vault.asked.length).toBeLessThanOrEqual(4);
  });

  it('cannot be judged if the vault could not be asked', async () => {
    await current();
    await time.pass(refreshMs);
    vault.hold = failing;
    await expect(again()).rejects.toEqual(unavailable);
    await expect(again()).rejects.toEqual(unavailable);
    expect(vault.asked).toHaveLength(2);
    // Those that are in the list still count.
    expect(await current()).toEqual(['old']);
  });
});

describe('a change through this isolate', () => {
  it('is seen by the next request', async () => {
    await current();
    change('old', 'new');
    cache.changed();
    expect(await current()).toEqual(['old', 'new']);
  });

  it('is not undone by a read that began before it', async () => {
    await current();
    await time.pass(refreshMs);
    vault.hold = () => time.sleep(500);
    await current();
    change();
    cache.changed();
    vault.hold = async () => {};
    expect(await current()).toEqual([]);
    await time.pass(500);
    await Promise.all(behind);
    expect(await current()).toEqual([]);
  });

  it('does not turn away a request that was waiting', async () => {
    vault.hold = () => time.sleep(500);
    const waiting = watch(current());
    await time.pass(100);
    change('new');
    cache.changed();
    await time.pass(2000);
    expect(waiting.value).toEqual(['new']);
  });
});
