// Image bodies that an isolate holds at once, bounded in bytes: requests wait for their turn with their photo in
// memory, and 128 MB are soon full of photos. A request for which there is no room waits before it reads, when its
// photo is still on the wire. Work is handed the body and must not keep it.

import { HeadwaterError } from '../../lib/errors/index.ts';
import { limits } from '../../lib/image/index.ts';
import { readBody } from './body.ts';

/** Room for one body of the largest size beside a few of the usual one. */
export const maxHeldBytes = 32 * 1024 * 1024;
/** What a body of undeclared length counts for until it has arrived: a phone's photo. */
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

export type BodyBudget = ReturnType<typeof createBodyBudget>;

export function createBodyBudget({ clock, sleep, maxBytes = maxHeldBytes }: BodyBudgetOptions) {
  let claims: { bytes: number; until: number }[] = [];

  /** Whether `bytes` more fit. One body always does, however large. */
  function hasRoom(bytes: number): boolean {
    claims = claims.filter(({ until }) => clock() < until);
    const held = claims.reduce((sum, claim) => sum + claim.bytes, 0);
    return claims.length === 0 || held + bytes <= maxBytes;
  }

  /**
   * Reads an image's bytes and does `work` with them.
   *
   * @throws HeadwaterError `overloaded` when there is no room for too long; as `readBody` does
   */
  async function withImage<T>(request: Request, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    const declared = Number(request.headers.get('content-length')) || undeclaredBytes;
    const bytes = Math.min(declared, limits.maxImageBytes);
    const began = clock();
    while (!hasRoom(bytes)) {
      if (clock() - began >= maxWaitMs)
        throw new HeadwaterError(
          'overloaded',
          'Too many images are held here at once. Try again in a second.',
        );
      await sleep(pollMs);
    }
    const claim = { bytes, until: clock() + readingMs };
    claims.push(claim);
    try {
      const body = await readBody(request, limits.maxImageBytes);
      claim.bytes = body.length;
      claim.until = clock() + workingMs;
      return await work(body);
    } finally {
      claims = claims.filter((other) => other !== claim);
    }
  }

  return { withImage };
}
