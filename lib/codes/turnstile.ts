// One decode and one forward pass at a time in an isolate: their memory, not their time, is what is scarce.
// Waiting is polling, because on Workers a promise that belongs to another request hangs when that request is
// cancelled. Whoever stops polling loses its place, and whoever holds too long is passed over.

import { HeadwaterError } from '../errors/index.ts';

export interface TurnstileOptions {
  clock(): number;
  sleep(ms: number): Promise<void>;
  /** Longest wait before 503, and how many may wait at once. */
  maxWaitMs: number;
  maxWaiting: number;
  /** Lets work that has begun go on to its end when its request is cancelled (`waitUntil`): else nobody would get in
   *  until it is passed over. */
  behind?(work: Promise<unknown>): void;
}

const pollMs = 4;
/** A waiter that has not polled for this long was cancelled. */
const abandonedMs = 2000;
/** A holder that has not left after this long was cancelled in the middle of its work. */
const holderMs = 30_000;

export type Turnstile = <T>(work: () => Promise<T>) => Promise<T>;

/** @throws HeadwaterError `overloaded` (from the returned function) when the wait would be too long. */
export function createTurnstile(options: TurnstileOptions): Turnstile {
  const { clock, sleep, maxWaitMs, maxWaiting, behind } = options;
  let holder: { since: number } | undefined;
  let queue: { seen: number }[] = [];

  const free = () => !holder || clock() - holder.since > holderMs;

  async function enter(): Promise<{ since: number }> {
    const began = clock();
    // Cancelled waiters leave no place taken: those that come may be the only ones left to notice.
    queue = queue.filter(({ seen }) => began - seen < abandonedMs);
    if (!(free() && queue.length === 0)) {
      if (queue.length >= maxWaiting) throw overloaded();
      const ticket = { seen: began };
      queue.push(ticket);
      try {
        while (!(free() && queue[0] === ticket)) {
          if (clock() - began > maxWaitMs) throw overloaded();
          await sleep(pollMs);
          ticket.seen = clock();
          queue = queue.filter((other) => ticket.seen - other.seen < abandonedMs);
          if (!queue.includes(ticket)) queue.push(ticket);
        }
      } finally {
        queue = queue.filter((other) => other !== ticket);
      }
    }
    holder = { since: clock() };
    return holder;
  }

  async function hold<T>(mine: typeof holder, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      if (holder === mine) holder = undefined;
    }
  }

  return async (work) => {
    const working = hold(await enter(), work);
    behind?.(working.catch(() => {}));
    return working;
  };
}

const overloaded = () =>
  new HeadwaterError('overloaded', 'Too many images are waiting here. Try again in a second.', {
    retryAfterSeconds: 1,
  });
