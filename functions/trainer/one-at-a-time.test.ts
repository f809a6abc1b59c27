import { expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

/** A promise to be settled by hand. */
function gateOf() {
  let resolve = () => {};
  let reject = (_: Error) => {};
  const promise = new Promise<void>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve: () => resolve(), reject: (error: Error) => reject(error) };
}

const going = new AbortController().signal;

it('begins a work when the one before has ended, even in an error, and in the order in which they came', async () => {
  const alone = oneAtATime();
  const heard: string[] = [];
  const gates = ['a', 'b', 'c'].map(gateOf);
  const works = ['a', 'b', 'c'].map((name, i) =>
    alone(async () => {
      heard.push(`${name} begins`);
      await gates[i]!.promise;
      heard.push(`${name} ends`);
      return name;
    }, going),
  );
  const first = expect(works[0]).rejects.toThrow('broke');
  gates[2]!.resolve();
  gates[0]!.reject(new Error('broke'));
  await first;
  gates[1]!.resolve();
  expect(await Promise.all(works.slice(1))).toEqual(['b', 'c']);
  expect(heard).toEqual(['a begins', 'b begins', 'b ends', 'c begins', 'c ends']);
});

it('never begins what was given up while it waited', async () => {
  const alone = oneAtATime();
  const gate = gateOf();
  const busy = alone(() => gate.promise, going);
  const stopped = new AbortController();
  let begun = false;
  const waiting = alone(async () => void (begun = true), stopped.signal);
  stopped.abort();
  gate.resolve();
  await busy;
  await expect(waiting).rejects.toMatchObject({ type: 'cancelled' });
  expect(begun).toBe(false);
});
