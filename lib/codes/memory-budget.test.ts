import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createTime } from '../../test/support/virtual-time.ts';
import { createMemoryBudget, type MemoryBudget } from './memory-budget.ts';

let time: ReturnType<typeof createTime>;
let fixedBytes: number;
let memory: MemoryBudget;
let gone: string[];

beforeEach(() => {
  time = createTime();
  fixedBytes = 0;
  gone = [];
  memory = createMemoryBudget({ ...time, maxBytes: 100, fixedBytes: () => fixedBytes });
});

const hold = (key: string, bytes: number) => memory.hold(key, bytes, () => gone.push(key));

describe('a memory budget', () => {
  it('lets go of what was used longest ago when somebody needs the room', async () => {
    hold('a', 40);
    hold('b', 40);
    memory.touch('a');
    (await memory.reserve(50, 'It'))();
    expect(gone).toEqual(['b']);
    expect(memory.heldBytes()).toBe(40);
  });

  it('counts what nobody can let go of', async () => {
    hold('a', 40);
    fixedBytes = 30;
    await memory.reserve(40, 'It');
    expect(gone).toEqual(['a']);
    expect(memory.heldBytes()).toBe(30);
  });

  it('takes back what the decoder keeps, once nothing else makes room', async () => {
    fixedBytes = 60;
    const budget = createMemoryBudget({
      ...time,
      maxBytes: 100,
      fixedBytes: () => fixedBytes,
      letGoOfFixed: () => {
        fixedBytes = 0;
      },
    });
    (await budget.reserve(40, 'It'))();
    expect(fixedBytes).toBe(60);
    await budget.reserve(80, 'It');
    expect(fixedBytes).toBe(0);
  });

  it('refuses what can never fit, at once, and lets nothing go for it', async () => {
    hold('a', 40);
    await expect(memory.reserve(101, 'The plan')).rejects.toMatchObject({
      type: 'backbone-too-large',
      facts: { bytes: 101, maxBytes: 100 },
    });
    expect(gone).toEqual([]);
  });

  it('waits for a reservation to end, and answers 503 with a time when it does not', async () => {
    const release = await memory.reserve(80, 'It');
    const second = memory.reserve(80, 'It');
    await time.pass(1000);
    release();
    await time.pass(10);
    await second;
    const third = memory.reserve(80, 'It');
    const refused = expect(third).rejects.toMatchObject({
      type: 'overloaded',
      status: 503,
      facts: { retryAfterSeconds: 1 },
    });
    await time.pass(6000);
    await refused;
  });

  it('gives the room of a request that was cancelled to others, in the end', async () => {
    await memory.reserve(80, 'It');
    await time.pass(30_000);
    await memory.reserve(80, 'It');
  });

  it('forgets what has gone by itself', () => {
    hold('a', 40);
    memory.drop('a');
    expect(memory.heldBytes()).toBe(0);
    expect(gone).toEqual([]);
  });

  it('never holds more than its bound beside one thing that was just taken', async () => {
    const action = fc.record({
      key: fc.constantFrom('a', 'b', 'c', 'd'),
      bytes: fc.integer({ min: 1, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const held = new Map<string, number>();
        const budget = createMemoryBudget({ ...createTime(), maxBytes: 100 });
        for (const { key, bytes } of actions) {
          const release = await budget.reserve(bytes, key);
          release();
          held.set(key, bytes);
          budget.hold(key, bytes, () => held.delete(key));
          const sum = [...held.values()].reduce((a, b) => a + b, 0);
          expect(sum).toBeLessThanOrEqual(100);
          expect(budget.heldBytes()).toBe(sum);
        }
      }),
    );
  });
});
