import { beforeEach, describe, expect, it } from 'vitest';
import { createTime, turn, watch } from '../../test/support/virtual-time.ts';
import { createTurnstile, type Turnstile } from './turnstile.ts';

const [maxWaitMs, maxWaiting] = [5000, 4];
let time: ReturnType<typeof createTime>;
let turnstile: Turnstile;
/** Whether this waiter's timers still fire; a cancelled request's do not. */
let cancelled: boolean;

beforeEach(() => {
  time = createTime();
  cancelled = false;
  turnstile = createTurnstile({
    clock: time.clock,
    sleep: (ms) => (cancelled ? new Promise(() => {}) : time.sleep(ms)),
    maxWaitMs,
    maxWaiting,
  });
});

/** Work that takes `ms`, noting when it begins and ends. */
const work = (name: string, log: string[], ms: number) =>
  turnstile(async () => {
    log.push(`${name} begins`);
    await time.sleep(ms);
    log.push(`${name} ends`);
    return name;
  });

/** A request that is cancelled as soon as it has to wait. */
function abandonedWaiter(log: string[]) {
  cancelled = true;
  const waiter = watch(work('abandoned', log, 1));
  cancelled = false;
  return waiter;
}

describe('a turnstile', () => {
  it('lets one through at a time, in the order in which they came', async () => {
    const log: string[] = [];
    const all = Promise.all(['a', 'b', 'c', 'd'].map((name) => work(name, log, 100)));
    await time.pass(1000);
    expect(await all).toEqual(['a', 'b', 'c', 'd']);
    expect(log).toEqual(['a', 'b', 'c', 'd'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('hands over work that has begun, so that it ends and lets the next one in without its request', async () => {
    const behind: Promise<unknown>[] = [];
    turnstile = createTurnstile({ ...time, maxWaitMs, maxWaiting, behind: (work) => behind.push(work) });
    const log: string[] = [];
    watch(work('a', log, 100));
    await turn();
    const failing = turnstile(() => Promise.reject(new Error('no image')));
    failing.catch(() => {});
    expect(behind).toHaveLength(1);
    await time.pass(200);
    await Promise.all(behind);
    expect(log).toEqual(['a begins', 'a ends']);
    await expect(failing).rejects.toThrow('no image');
    expect(behind).toHaveLength(2);
  });

  it('lets nobody overtake: who comes when it falls free goes behind those that wait', async () => {
    const log: string[] = [];
    const first = watch(work('a', log, 10));
    const second = watch(work('b', log, 10));
    await time.pass(10);
    expect(first.value).toBe('a');
    watch(work('c', log, 10));
    await time.pass(100);
    expect(second.value).toBe('b');
    expect(log.filter((line) => line.endsWith('begins'))).toEqual(['a begins', 'b begins', 'c begins']);
  });

  it('is free again after work that failed', async () => {
    await expect(turnstile(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turnstile(async () => 'next')).toBe('next');
  });

  it('turns away who would wait too long, and who finds too many waiting', async () => {
    const overloaded = { type: 'overloaded', facts: { retryAfterSeconds: 1 } };
    watch(turnstile(() => time.sleep(20_000)));
    const waiting = Array.from({ length: maxWaiting }, () => watch(turnstile(async () => 1)));
    await expect(turnstile(async () => 1)).rejects.toMatchObject(overloaded);
    await time.pass(maxWaitMs);
    expect(waiting).toEqual(waiting.map(() => ({})));
    await time.pass(10);
    for (const { error } of waiting) expect(error).toMatchObject(overloaded);
    await time.pass(20_000);
    expect(await turnstile(async () => 'free')).toBe('free');
  });

  it('passes over a waiter that was cancelled', async () => {
    const log: string[] = [];
    watch(work('a', log, 10));
    abandonedWaiter(log);
    const last = watch(work('c', log, 10));
    await time.pass(2100);
    expect(last.value).toBe('c');
    expect(log).not.toContain('abandoned begins');
  });

  it('does not stay full when everyone who waited was cancelled', async () => {
    const log: string[] = [];
    watch(work('a', log, 10));
    for (let i = 0; i < maxWaiting; i++) abandonedWaiter(log);
    await time.pass(2100);
    expect(await turnstile(async () => 'free')).toBe('free');
  });

  it('passes over a holder that was cut off in its work, whose late end disturbs nobody', async () => {
    let finish = () => {};
    const lost = watch(turnstile(() => new Promise<void>((resolve) => (finish = resolve))));
    await time.pass(29_000);
    const log: string[] = [];
    watch(work('b', log, 3000));
    await time.pass(1100);
    expect(log).toEqual(['b begins']);
    const third = watch(work('c', log, 10));
    finish();
    await turn();
    expect(lost).toHaveProperty('value');
    await time.pass(1000);
    expect(log).toEqual(['b begins']);
    await time.pass(2000);
    expect(third.value).toBe('c');
  });
});
