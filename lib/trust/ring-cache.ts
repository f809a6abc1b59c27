// The vault's keys as one isolate holds them: read again behind a request after `refreshMs`, in front of it once
// older than `maxStaleMs`, so that a revoked key ends within `maxStaleMs` everywhere. If the vault cannot be asked
// by then, nobody is let in on an old list.
//
// No request awaits a promise of another, which would hang if that one were cancelled: whoever has to wait polls
// plain state. Reads begin at most once per `refreshMs`, however many keys are guessed.

import type { KeyRingData, RingKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { Behind } from './api-keys.ts';

export interface RingCacheOptions {
  /** Asks the vault; null if `revision` is still its state. */
  fetch(revision: string | null): Promise<KeyRingData | null>;
  /** Told of every failed read: a caller may not hear of it, because the older list still counts. */
  report(error: unknown): void;
  clock(): number;
  sleep(ms: number): Promise<void>;
  refreshMs: number;
  maxStaleMs: number;
}

/** The live keys by id, and the origins that live tokens list with the end of each (milliseconds). */
export interface Ring {
  keys: ReadonlyMap<string, RingKey>;
  origins: ReadonlyMap<string, number>;
}

/** How long a read may take before it is given up. */
export const ringReadMs = 1500;
const pollMs = 10;
const never = Number.NEGATIVE_INFINITY;

export type RingCache = ReturnType<typeof createRingCache>;

export function createRingCache(options: RingCacheOptions) {
  const { clock, sleep, refreshMs, maxStaleMs } = options;
  const pauseMs = Math.min(refreshMs, maxStaleMs);
  let ring: Ring | undefined;
  let revision: string | null = null;
  /** When the last good read began: what had happened in the vault by then is known. */
  let checkedAt = never;
  /** When a read last began. */
  let attemptedAt = never;
  /** The read under way. One whose request was cancelled stays here and grows old. */
  let reading: { since: number } | undefined;
  /** Counts what was changed through this isolate: a read that began before does not know of it. */
  let changes = 0;

  const isFresh = () => clock() - checkedAt < maxStaleMs;
  const isBusy = () => reading !== undefined && clock() - reading.since < ringReadMs;
  const mayRead = () => !isBusy() && (reading !== undefined || clock() - attemptedAt >= pauseMs);

  async function read(): Promise<void> {
    const mine = { since: clock() };
    const before = changes;
    reading = mine;
    attemptedAt = mine.since;
    try {
      const late = sleep(ringReadMs).then(() => undefined);
      const found = await Promise.race([options.fetch(revision), late]);
      if (found === undefined) throw new Error('the key vault did not answer in time');
      // Another read may have overtaken this one: never go back.
      if (before !== changes || mine.since < checkedAt) return;
      if (found) {
        revision = found.revision;
        ring = asRing(found);
      }
      checkedAt = mine.since;
    } catch (error) {
      options.report(error);
    } finally {
      if (reading === mine) reading = undefined;
    }
  }

  /** Waits for whoever is reading, and reads if that has brought nothing and it may. */
  async function readInFront(): Promise<void> {
    const before = checkedAt;
    while (isBusy()) await sleep(pollMs);
    if (checkedAt === before && mayRead()) await read();
  }

  return {
    /** The keys, not older than `maxStaleMs`. @throws HeadwaterError `keys-unavailable` */
    async current(behind: Behind): Promise<Ring> {
      const asked = clock();
      const isEnough = () => isFresh() || checkedAt >= asked;
      if (isFresh()) {
        if (clock() - checkedAt >= refreshMs && mayRead()) behind(read());
      } else {
        await readInFront();
        // A change through this isolate may have made that read worthless.
        if (!isEnough()) await readInFront();
      }
      if (!ring || !isEnough()) throw unavailable();
      return ring;
    },

    /**
     * The keys once more: for an id or an origin that is not among them and may be new.
     *
     * @throws HeadwaterError `keys-unavailable` if the last read failed, for then it cannot be told
     */
    async again(): Promise<Ring> {
      if (isBusy() || mayRead()) await readInFront();
      if (!ring || checkedAt < attemptedAt) throw unavailable();
      return ring;
    },

    /** Something was changed in the vault through this isolate: the next request sees it. */
    changed(): void {
      changes++;
      checkedAt = attemptedAt = never;
      reading = undefined;
    },
  };
}

const unavailable = () =>
  new HeadwaterError(
    'keys-unavailable',
    'Which keys are valid cannot be told at the moment. Try again in a few seconds.',
  );

const asRing = ({ keys, origins }: KeyRingData): Ring => ({
  keys: new Map(keys.map((key) => [key.id, key])),
  origins: new Map(origins.map(({ origin, until }) => [origin, until])),
});
