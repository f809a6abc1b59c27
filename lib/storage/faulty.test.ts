import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fault, scriptedFaults, seededFaults } from './faults.ts';
import { faultyStore } from './faulty.ts';
import { memoryStore } from './memory.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const unavailable = { name: 'HeadwaterError', type: 'storage-unavailable' };

describe('a faulty store', () => {
  it('writes nothing when it fails before, and everything when only the answer is lost', async () => {
    const memory = memoryStore();
    const plan = scriptedFaults([
      { key: 'before', fault: { kind: 'fail-before' } },
      { operation: 'put', key: /lost$/, fault: { kind: 'lost-answer' } },
    ]);
    const store = faultyStore(memory, { plan });
    await expect(store.put('before', bytes('x'))).rejects.toMatchObject(unavailable);
    await expect(store.put('lost', bytes('x'))).rejects.toMatchObject(unavailable);
    expect(await memory.head('before')).toBeNull();
    expect(await memory.head('lost')).not.toBeNull();
    expect(await store.put('before', bytes('x'))).not.toBeNull();
  });

  it('fails every call while it is down, and only then', async () => {
    const memory = memoryStore();
    const store = faultyStore(memory);
    await store.put('a', bytes('x'));
    store.isDown = true;
    for (const call of [
      () => store.get('a'),
      () => store.head('a'),
      () => store.put('a', bytes('y')),
      () => store.delete('a'),
      () => store.list({ prefix: '' }),
    ]) {
      await expect(call()).rejects.toMatchObject(unavailable);
    }
    store.isDown = false;
    expect((await store.get('a'))?.body).toEqual(bytes('x'));
  });

  it('refuses a torn body and hands on a corrupt one without harming what is stored', async () => {
    const memory = memoryStore();
    await memory.put('a', bytes('0123'));
    const plan = scriptedFaults([
      { operation: 'get', fault: { kind: 'torn', bytes: 3 } },
      { operation: 'get', fault: { kind: 'corrupt' } },
    ]);
    const store = faultyStore(memory, { plan });
    await expect(store.get('a')).rejects.toMatchObject(unavailable);
    const corrupt = await store.get('a');
    expect(corrupt?.body).toHaveLength(4);
    expect(corrupt?.body).not.toEqual(bytes('0123'));
    expect((await store.get('a'))?.body).toEqual(bytes('0123'));
  });

  it('delays by the sleep that it was given', async () => {
    const slept: number[] = [];
    const plan = scriptedFaults([{ fault: { kind: 'delay', ms: 250 } }]);
    const store = faultyStore(memoryStore(), { plan, sleep: async (ms) => void slept.push(ms) });
    await store.put('a', bytes('x'));
    expect(await store.head('a')).not.toBeNull();
    expect(slept).toEqual([250]);
  });

  it('places a scripted fault after so many calls, for so many calls', async () => {
    const plan = scriptedFaults([{ operation: 'head', after: 1, times: 2, fault: { kind: 'fail-before' } }]);
    const store = faultyStore(memoryStore(), { plan });
    const outcomes: boolean[] = [];
    for (let i = 0; i < 5; i++) {
      await store.get('a');
      outcomes.push(
        await store.head('a').then(
          () => true,
          () => false,
        ),
      );
    }
    expect(outcomes).toEqual([true, false, false, true, true]);
    expect(store.injected.map((each) => each.operation)).toEqual(['head', 'head']);
  });

  it('replays the same faults from the same seed', () => {
    const faults: Fault[] = [{ kind: 'fail-before' }, { kind: 'lost-answer' }];
    const draw = (seed: number) => {
      const plan = seededFaults({ seed, rate: 0.5, faults });
      return Array.from({ length: 64 }, (_, i) => plan({ operation: 'get', key: 'a', number: i + 1 })?.kind);
    };
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(draw(seed)).toEqual(draw(seed));
      }),
    );
    expect(new Set(draw(7))).toEqual(new Set([undefined, 'fail-before', 'lost-answer']));
    expect(draw(7)).not.toEqual(draw(8));
  });
});
