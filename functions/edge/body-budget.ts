// Image bodies that an isolate holds at once, bounded in bytes: requests wait for their turn with their photo in
// memory, and 128 MB are soon full of photos. Work is handed the body and must not keep it.

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

export type BodyBudget = ReturnType<typeof createBodyBudget>;

export function createBodyBudget(clock: () => number, maxBytes = maxHeldBytes) {
  let claims: { bytes: number; until: number }[] = [];

  /**
   * Reads an image's bytes and does `work` with them.
   *
   * @throws HeadwaterError `overloaded` when too much is held already; as `readBody` does
   */
  async function withImage<T>(request: Request, work: (bytes: Uint8Array) => Promise<T>): Promise<T> {
    claims = claims.filter(({ until }) => clock() < until);
    const held = claims.reduce((sum, { bytes }) => sum + bytes, 0);
    const declared = Number(request.headers.get('content-length')) || undeclaredBytes;
    const claim = { bytes: Math.min(declared, limits.maxImageBytes), until: clock() + readingMs };
    if (claims.length > 0 && held + claim.bytes > maxBytes)
      throw new HeadwaterError('overloaded', 'Too many images are held here at once. Try again in a second.');
    claims.push(claim);
    try {
      const bytes = await readBody(request, limits.maxImageBytes);
      claim.bytes = bytes.length;
      claim.until = clock() + workingMs;
      return await work(bytes);
    } finally {
      claims = claims.filter((other) => other !== claim);
    }
  }

  return { withImage };
}
