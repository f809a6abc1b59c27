import { beforeEach, describe, expect, it } from 'vitest';
import { createTime } from '../../test/support/virtual-time.ts';
import { createBodyBudget, undeclaredBytes } from './body-budget.ts';

const upload = (bytes: number) =>
  new Request('http://edge/', {
    method: 'POST',
    body: new Uint8Array(bytes),
    headers: { 'content-length': String(bytes) },
  });
const never = () => new Promise<never>(() => {});
/** Lets a body that lies in memory be read. */
const arrival = () => new Promise((resolve) => setTimeout(resolve, 20));

let time: ReturnType<typeof createTime>;
beforeEach(() => {
  time = createTime();
});
const budgetOf = (maxBytes: number) => createBodyBudget({ clock: time.clock, sleep: time.sleep, maxBytes });

describe('a body budget', () => {
  it('lets what would exceed it wait, unread, until there is room', async () => {
    const budget = budgetOf(100);
    let leave = () => {};
    const first = budget.withImage(upload(60), () => new Promise<void>((resolve) => (leave = resolve)));
    await arrival();
    const late = upload(60);
    const second = budget.withImage(late, async () => 'in');
    expect(await budget.withImage(upload(40), async (bytes) => bytes.length)).toBe(40);
    expect(late.bodyUsed).toBe(false);
    leave();
    await first;
    await time.pass(1000);
    expect(await second).toBe('in');
  });

  it('turns away what has waited too long', async () => {
    const budget = budgetOf(100);
    void budget.withImage(upload(60), never);
    const refused = expect(budget.withImage(upload(60), async () => 'in')).rejects.toMatchObject({
      type: 'overloaded',
    });
    await time.pass(11_000);
    await refused;
  });

  it('always lets one in, however large', async () => {
    expect(await budgetOf(10).withImage(upload(60), async () => 'in')).toBe('in');
  });

  it('gives room back when work fails', async () => {
    const budget = budgetOf(100);
    const failing = budget.withImage(upload(90), () => Promise.reject(new Error('no image')));
    await expect(failing).rejects.toThrow('no image');
    expect(await budget.withImage(upload(90), async () => 'in')).toBe('in');
  });

  it('forgets requests that were cancelled and never came back', async () => {
    const budget = budgetOf(100);
    void budget.withImage(upload(90), never);
    await arrival();
    await time.pass(60_000);
    expect(await budget.withImage(upload(90), async () => 'in')).toBe('in');
  });

  it('counts a body of undeclared length as a photo until it has arrived', async () => {
    const budget = budgetOf(undeclaredBytes + 5);
    let read = false;
    void budget.withImage(new Request('http://edge/', { method: 'POST', body: 'x' }), never);
    const second = budget.withImage(upload(10), async () => {
      read = true;
    });
    await Promise.resolve();
    expect(read).toBe(false);
    await arrival();
    await time.pass(1000);
    await second;
    expect(read).toBe(true);
  });

  it('reads no more of such a body than there is room for, and reads on once there is', async () => {
    const budget = budgetOf(2 * undeclaredBytes);
    let leave = () => {};
    const other = budget.withRoom(() => new Promise<void>((resolve) => (leave = resolve)));
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++pulled > 8) controller.close();
        else controller.enqueue(new Uint8Array(undeclaredBytes / 4));
      },
    });
    const large = new Request('http://edge/', { method: 'POST', body, duplex: 'half' } as RequestInit);
    const second = budget.withImage(large, async (bytes) => bytes.length);
    for (let i = 0; i < 10; i++) await time.pass(10);
    expect(pulled).toBeLessThan(8);
    leave();
    await other;
    for (let i = 0; i < 10; i++) await time.pass(10);
    expect(await second).toBe(2 * undeclaredBytes);
  });

  it('turns such a body away when there is no room for the rest of it for too long', async () => {
    const budget = budgetOf(2 * undeclaredBytes);
    void budget.withRoom(never);
    const large = () =>
      new Request('http://edge/', { method: 'POST', body: new Uint8Array(undeclaredBytes + 1) });
    const refused = expect(budget.withImage(large(), async () => 'in')).rejects.toMatchObject({
      type: 'overloaded',
    });
    await arrival();
    await time.pass(11_000);
    await refused;
  });
});

describe('room for one image after the other', () => {
  const photo = undeclaredBytes;

  it('is that of a photo, however many there are', async () => {
    const budget = budgetOf(2 * photo);
    void budget.withRoom(never);
    const second = await budget.withRoom(async (room) => {
      for (let i = 0; i < 16; i++) await room.during(photo, async () => {});
      return 'in';
    });
    expect(second).toBe('in');
  });

  it('grows to that of the largest for one that turns out larger, once there is room', async () => {
    const budget = budgetOf(2 * photo);
    let leave = () => {};
    const other = budget.withRoom(() => new Promise<void>((resolve) => (leave = resolve)));
    let grown = false;
    const growing = budget.withRoom(async (room) => {
      await room.reserve(photo);
      await room.reserve(photo + 1);
      grown = true;
      await room.reserve(photo + 2);
    });
    await time.pass(1000);
    expect(grown).toBe(false);
    leave();
    await other;
    await time.pass(1000);
    await growing;
    expect(grown).toBe(true);
  });

  it('is refused to one of two that wait for each other, and so there for the other', async () => {
    const budget = budgetOf(2 * photo);
    const large = () => budget.withRoom((room) => room.reserve(photo + 1));
    const both = Promise.allSettled([large(), large()]);
    await time.pass(11_000);
    expect(await both).toMatchObject([{ reason: { type: 'overloaded' } }, { status: 'fulfilled' }]);
    expect(await budget.withImage(upload(photo), async () => 'in')).toBe('in');
  });

  it('is as before after work that failed', async () => {
    const budget = budgetOf(2 * photo);
    await budget.withRoom(async (room) => {
      await expect(room.during(photo, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      expect(await budget.withRoom(async () => 'in')).toBe('in');
    });
  });
});
