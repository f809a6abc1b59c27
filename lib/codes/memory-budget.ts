// One bound over what an isolate keeps: plans, files of backbones, and what the image decoder has kept. Whoever is
// about to take memory reserves it first, and whoever was used longest ago leaves. Nobody enforces a limit locally,
// and on Workers the isolate is ended without a word, so the sum is kept here.
//
// Waiting is polling, because on Workers a promise that belongs to another request hangs when that request is
// cancelled; a reservation whose owner was cancelled runs out by itself.

import { HeadwaterError } from '../errors/index.ts';

/** Of an isolate's 128 MB: beside it stand request bodies (32 MiB), the heap and the script (about 20 MB), the
 *  bundled backbone (about 7 MB) and what one decode takes on top of what the decoder keeps. */
export const memoryBudgetBytes = 56 * 1024 * 1024;

const pollMs = 5;
/** How long whoever needs room waits for others to finish. */
const maxWaitMs = 5000;
/** Longer than a fetch or a compilation takes: whoever still holds a reservation then was cancelled. */
const abandonedMs = 30_000;

export interface MemoryBudgetOptions {
  clock(): number;
  sleep(ms: number): Promise<void>;
  maxBytes?: number | undefined;
  /** What is taken beside all this: what the image decoder keeps. */
  fixedBytes?(): number;
  /** Gives that back, where nothing else makes room. */
  letGoOfFixed?(): void;
}

export interface MemoryBudget {
  /**
   * Makes room for `bytes` and keeps it until the returned function is called.
   *
   * @param what for the error's sentence: "The plan of …"
   * @throws HeadwaterError `backbone-too-large` if it can never fit, `overloaded` if it does not fit in time
   */
  reserve(bytes: number, what: string): Promise<() => void>;
  /** @throws HeadwaterError `backbone-too-large` if so many bytes can never fit: before anything is fetched for them */
  requirePossible(bytes: number, what: string): void;
  /** Counts what is kept under `key`; `letGo` frees it when something else needs the room more. */
  hold(key: string, bytes: number, letGo: () => void): void;
  /** It was used just now. */
  touch(key: string): void;
  /** It is gone already. */
  drop(key: string): void;
  /** Bytes that are kept, the decoder's included, reservations not. */
  heldBytes(): number;
  readonly maxBytes: number;
}

interface Held {
  bytes: number;
  letGo: () => void;
}

export function createMemoryBudget({
  clock,
  sleep,
  maxBytes = memoryBudgetBytes,
  fixedBytes = () => 0,
  letGoOfFixed = () => {},
}: MemoryBudgetOptions): MemoryBudget {
  /** In order of use, latest last. */
  const held = new Map<string, Held>();
  let reservations: { bytes: number; until: number }[] = [];

  const keptBytes = () => [...held.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  /** What no eviction can give back. */
  function immovableBytes(): number {
    reservations = reservations.filter(({ until }) => clock() < until);
    return reservations.reduce((sum, { bytes }) => sum + bytes, fixedBytes());
  }

  /** Lets the least recently used ones go until `bytes` fit. @returns whether they do */
  function makeRoom(bytes: number, keep?: string): boolean {
    if (immovableBytes() + bytes > maxBytes) letGoOfFixed();
    const immovable = immovableBytes() + bytes;
    if (immovable > maxBytes) return false;
    for (const [key, { letGo }] of held) {
      if (immovable + keptBytes() <= maxBytes) break;
      if (key === keep) continue;
      held.delete(key);
      letGo();
    }
    return immovable + keptBytes() <= maxBytes;
  }

  function requirePossible(bytes: number, what: string): void {
    if (bytes > maxBytes) throw tooLarge(what, bytes, maxBytes);
  }

  return {
    maxBytes,
    requirePossible,
    async reserve(bytes, what) {
      requirePossible(bytes, what);
      const began = clock();
      while (!makeRoom(bytes)) {
        if (clock() - began >= maxWaitMs) throw overloaded();
        await sleep(pollMs);
      }
      const mine = { bytes, until: clock() + abandonedMs };
      reservations.push(mine);
      return () => {
        reservations = reservations.filter((other) => other !== mine);
      };
    },
    hold(key, bytes, letGo) {
      held.delete(key);
      held.set(key, { bytes, letGo });
      makeRoom(0, key);
    },
    touch(key) {
      const entry = held.get(key);
      if (!entry) return;
      held.delete(key);
      held.set(key, entry);
    },
    drop: (key) => void held.delete(key),
    heldBytes: () => keptBytes() + fixedBytes(),
  };
}

function tooLarge(what: string, bytes: number, maxBytes: number): HeadwaterError {
  const mebibytes = (n: number) => Math.ceil(n / 2 ** 20);
  return new HeadwaterError(
    'backbone-too-large',
    `${what} needs ${mebibytes(bytes)} MiB, and there is room for ${mebibytes(maxBytes)} MiB. Use an earlier tap, an integer arithmetic, or a smaller backbone.`,
    { bytes, maxBytes },
  );
}

const overloaded = () =>
  new HeadwaterError('overloaded', 'There is no memory for this right now. Try again in a second.', {
    retryAfterSeconds: 1,
  });
