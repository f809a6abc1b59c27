// Image bodies that an isolate holds at once, bounded in bytes: requests wait for their turn with their photo in
// memory, and 128 MB are soon full of photos. A request for which there is no room waits before it reads, when its
// photo is still on the wire. Work is handed the body and must not keep it.

import { HeadwaterError } from '../../lib/errors/index.ts';
import { limits } from '../../lib/image/index.ts';
import { readBody } from './body.ts';

/** Room for one body of the largest size beside a few of the usual one. */
export const maxHeldBytes = 32 * 1024 * 1024;
/** What a body of undeclared length, or a picture of a form, counts for until it turns out larger: a phone's photo. */
export const undeclaredBytes = 4 * 1024 * 1024;
/** Longer than any body may take to arrive. A client that goes away while it sends ends the read, and its claim. */
const readingMs = 310_000;
/** Longer than a request waits and works. One that is cancelled meanwhile never comes to give its claim back. */
const workingMs = 20_000;

/** How long a request waits for room, and how often it looks: by polling, for a promise of another request hangs
 *  when that request is cancelled. */
const maxWaitMs = 10_000;
const pollMs = 5;

export interface BodyBudgetOptions {
  clock(): number;
  sleep(ms: number): Promise<void>;
  maxBytes?: number;
}

interface Claim {
  bytes: number;
  until: number;
}

/** Room that a request holds for its pictures, one after the other. */
export interface Room {
  /** Before `bytes` of one picture are kept: waits until there is room for the largest, if they are many. */
  reserve(bytes: number): Promise<void>;
  /** A picture of `bytes` is worked on; the room for the next one is as before. */
  during<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

export type BodyBudget = ReturnType<typeof createBodyBudget>;

export function createBodyBudget({ clock, sleep, maxBytes = maxHeldBytes }: BodyBudgetOptions) {
  let claims: Claim[] = [];

  /** Whether `mine` may be of `bytes`. One claim always may, however large. */
  function hasRoom(bytes: number, mine: Claim): boolean {
    claims = claims.filter(({ until }) => clock() < until);
    const others = claims.filter((claim) => claim !== mine);
    return others.length === 0 || others.reduce((sum, claim) => sum + claim.bytes, bytes) <= maxBytes;
  }

  /** Waits until `claim` may be of `bytes`, and makes it so in the same step, before anyone else looks. */
  async function take(claim: Claim, bytes: number): Promise<void> {
    const began = clock();
    while (!hasRoom(bytes, claim)) {
      if (clock() - began >= maxWaitMs)
        throw new HeadwaterError(
          'overloaded',
          'Too many images are held here at once. Try again in a second.',
        );
      await sleep(pollMs);
    }
    hold(claim, bytes, readingMs);
  }

  function hold(claim: Claim, bytes: number, ms: number): void {
    claim.bytes = bytes;
    claim.until = clock() + ms;
    if (!claims.includes(claim)) claims.push(claim);
  }

  /** Before more is kept than `claim` says: waits until there is room for the largest. */
  async function grow(claim: Claim, bytes: number): Promise<void> {
    if (bytes > claim.bytes) await take(claim, limits.maxImageBytes);
  }

  async function withClaim<T>(bytes: number, work: (claim: Claim) => Promise<T>): Promise<T> {
    const claim = { bytes: 0, until: 0 };
    await take(claim, bytes);
    try {
      return await work(claim);
    } finally {
      claims = claims.filter((other) => other !== claim);
    }
  }

  /**
   * Reads an image's bytes and does `work` with them.
   *
   * @throws HeadwaterError `overloaded` when there is no room for too long; as `readBody` does
   */
  function withImage<T>(request: Request, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const declared = Number(request.headers.get('content-length')) || undeclaredBytes;
    return withClaim(Math.min(declared, limits.maxImageBytes), async (claim) => {
      const reserve = (bytes: number) => grow(claim, bytes);
      const body = await readBody(request, limits.maxImageBytes, undefined, reserve);
      hold(claim, body.length, workingMs);
      return work(body);
    });
  }

  /**
   * Does `work` with room for one picture at a time, for a body of several that is never held whole.
   *
   * @throws HeadwaterError `overloaded`
   */
  function withRoom<T>(work: (room: Room) => Promise<T>): Promise<T> {
    return withClaim(undeclaredBytes, (claim) =>
      work({
        reserve: (bytes) => grow(claim, bytes),
        async during(bytes, act) {
          hold(claim, bytes, workingMs);
          try {
            return await act();
          } finally {
            hold(claim, undeclaredBytes, readingMs);
          }
        },
      }),
    );
  }

  return { withImage, withRoom };
}
