// A store that fails on purpose, around any other. It stands where a network would fail: before a call takes
// place, after it took place, in the middle of a body, slowly, or altogether.

import { type Operation, unavailable, wholeBody } from './failure.ts';
import type { Fault, FaultPlan } from './faults.ts';
import type { ObjectStore, ReadObject } from './object-store.ts';

export interface FaultyStore extends ObjectStore {
  /** While true every call fails before it takes place. */
  isDown: boolean;
  /** What was injected so far, in order. */
  readonly injected: { operation: Operation; key: string; fault: Fault }[];
}

export interface FaultyOptions {
  plan?: FaultPlan;
  sleep?: (ms: number) => Promise<void>;
}

/**
 * Wraps a store in faults; without a plan it is the store itself, until it is set `isDown`.
 *
 * @example faultyStore(memoryStore(), { plan: seededFaults({ seed: 1, rate: 0.1, faults: [{ kind: 'fail-before' }] }) })
 */
export function faultyStore(store: ObjectStore, options: FaultyOptions = {}): FaultyStore {
  const sleep = options.sleep ?? ((ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const injected: FaultyStore['injected'] = [];
  let calls = 0;

  async function through<T>(
    operation: Operation,
    key: string,
    call: () => Promise<T>,
    spoil: (answer: T, fault: Fault) => T = (answer) => answer,
  ): Promise<T> {
    const fault = options.plan?.({ operation, key, number: ++calls });
    if (faulty.isDown) throw unavailable(operation, key, new Error('injected: the store is down'));
    if (!fault) return call();
    injected.push({ operation, key, fault });
    if (fault.kind === 'fail-before') throw unavailable(operation, key, new Error('injected: fail-before'));
    if (fault.kind === 'delay') await sleep(fault.ms);
    const answer = await call();
    if (fault.kind === 'lost-answer') throw unavailable(operation, key, new Error('injected: lost-answer'));
    return spoil(answer, fault);
  }

  const faulty: FaultyStore = {
    listsMetadata: store.listsMetadata,
    isDown: false,
    injected,
    get: (key, getOptions) => through('get', key, () => store.get(key, getOptions), spoilBody),
    head: (key) => through('head', key, () => store.head(key)),
    put: (key, body, putOptions) => through('put', key, () => store.put(key, body, putOptions)),
    delete: (keys) =>
      through('delete', typeof keys === 'string' ? keys : (keys[0] ?? ''), () => store.delete(keys)),
    list: (listOptions) => through('list', listOptions.prefix, () => store.list(listOptions)),
  };
  return faulty;
}

function spoilBody(object: ReadObject | null, fault: Fault): ReadObject | null {
  if (!object) return null;
  const { body } = object;
  if (fault.kind === 'torn') {
    return { ...object, body: wholeBody(object.key, body.subarray(0, fault.bytes), body.length) };
  }
  if (fault.kind === 'corrupt' && body.length > 0) body[body.length >> 1]! ^= 1;
  return object;
}
