// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the same request under the same key is carried out
// once and answered alike for a day. A route opts in with this middleware behind `jsonBody`, and hands `c.var.claim`
// to control, which makes what is made out of it.
//
// The claim is taken before anything is done and ended when the answer is known. When this isolate dies in between, the
// claim runs out after half a minute; the next repetition gets the same claim, and with it finds what was made.

import type { MiddlewareHandler } from 'hono';
import { type Claim, type ClaimEnd, unwrap } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import type { AppEnv } from './app.ts';

/** A longer answer is not kept: the request is carried out again, and finds what it made. */
const maxKeptCharacters = 64 * 1024;
const replayed = 'idempotency-replayed';

/** For answers that may be kept. */
export const idempotent: MiddlewareHandler<AppEnv> = (c, next) => onceOnly(c, next, true);

/** For answers with a secret in them, which is never kept: control makes the same one again out of the claim. */
export const idempotentSecret: MiddlewareHandler<AppEnv> = (c, next) => onceOnly(c, next, false);

async function onceOnly(
  c: Parameters<MiddlewareHandler<AppEnv>>[0],
  next: () => Promise<void>,
  keep: boolean,
): Promise<Response | undefined> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) {
    await next();
    return undefined;
  }
  const { control } = c.var.services;
  const outcome = unwrap(
    await control.claim(c.var.principal.keyId, requireKeyText(key), await fingerprintOf(c.req)),
  );
  if (outcome.state === 'mismatch') throw mismatch();
  if (outcome.state === 'running') throw running(outcome.retryAfterMs);
  if (outcome.state === 'answered') {
    const { status, location, body } = outcome.answer;
    const headers = new Headers({ 'content-type': 'application/json', [replayed]: 'true' });
    if (location) headers.set('location', location);
    return new Response(body, { status, headers });
  }
  c.set('claim', outcome.claim);
  await next();
  if (outcome.again && c.res.ok) c.header(replayed, 'true');
  await endClaim(outcome.claim);
  return undefined;

  async function endClaim(claim: Claim): Promise<void> {
    try {
      unwrap(await control.endClaim(claim, await endOf(c.res, keep)));
    } catch (error) {
      // The claim runs out by itself, and a repetition finds out what was made.
      console.warn('a claim was not ended:', String(error));
    }
  }
}

async function endOf(answer: Response, keep: boolean): Promise<ClaimEnd> {
  if (answer.status >= 500) return { end: 'unknown' };
  if (!answer.ok) return { end: 'refused' };
  const body = keep ? await answer.clone().text() : '';
  if (!keep || body.length > maxKeptCharacters) return { end: 'again' };
  return {
    end: 'answered',
    answer: { status: answer.status, location: answer.headers.get('location'), body },
  };
}

/** What makes two requests the same: method, path with query, and the body's bytes. */
async function fingerprintOf(request: {
  method: string;
  url: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}): Promise<string> {
  const { pathname, search } = new URL(request.url);
  const body = await sha256(new Uint8Array(await request.arrayBuffer()));
  return sha256(JSON.stringify([request.method, pathname + search, body]));
}

function requireKeyText(key: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new HeadwaterError(
    'bad-request',
    'An Idempotency-Key is 1 to 255 visible ASCII characters. A fresh UUID for each thing that you want made will do.',
    { field: 'idempotency-key' },
  );
}

const mismatch = () =>
  new HeadwaterError(
    'idempotency-mismatch',
    'This Idempotency-Key was used for another request within the last day. Use a new one.',
  );

const running = (retryAfterMs: number) =>
  new HeadwaterError(
    'conflict',
    'A request with this Idempotency-Key is being carried out. Repeat it to get its answer.',
    { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) },
  );
