// CORS, off by default. A browser's page may use Headwater only with a token that lists the page's origin; the
// answer then names exactly that origin. A preflight carries no token, so it is answered if any live token lists
// the origin: it permits the browser to ask, and the token decides.

import type { Context, MiddlewareHandler } from 'hono';
import { HeadwaterError } from '../../lib/errors/index.ts';
import type { Principal } from '../../lib/trust/index.ts';
import type { AppEnv } from './app.ts';
import { servicesOf } from './services.ts';

/** Headers that a page may send, and ones of an answer that it may read. */
const allowedHeaders = 'Authorization, Content-Type, If-None-Match';
const exposedHeaders = 'Headwater-Version, Headwater-Stale, Headwater-Dims, ETag, Retry-After, Location';
/** How long a browser may remember a preflight. */
const preflightSeconds = 600;

/** A token that lists origins is refused anywhere else. @throws HeadwaterError `forbidden` */
export function requireOrigin(c: Context<AppEnv>, { origins }: Principal): void {
  const origin = c.req.header('origin');
  if (!origins || origin === undefined) return;
  if (!origins.includes(origin))
    throw new HeadwaterError('forbidden', 'This token is not for use from pages of this origin.');
  c.set('corsOrigin', origin);
}

/** Names the origin on whatever is answered, errors included, once `requireOrigin` has let it through. */
export const nameOrigin: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const origin = c.get('corsOrigin');
  if (!origin) return;
  c.header('access-control-allow-origin', origin);
  c.header('access-control-expose-headers', exposedHeaders);
  c.header('vary', 'Origin', { append: true });
};

/**
 * The answer to a preflight, or undefined if this is none or no live token lists its origin.
 *
 * @param methods those that a token can use at this path
 */
export async function preflight(
  c: Context<AppEnv>,
  methods: readonly string[],
): Promise<Response | undefined> {
  const origin = c.req.header('origin');
  const method = c.req.header('access-control-request-method');
  if (c.req.method !== 'OPTIONS' || !origin || !method || !methods.includes(method)) return undefined;
  if (!(await isListed(c, origin))) return undefined;
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': allowedHeaders,
      'access-control-max-age': String(preflightSeconds),
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    },
  });
}

async function isListed(c: Context<AppEnv>, origin: string): Promise<boolean> {
  const { ringCache } = await servicesOf(c.env);
  const isLive = (until: number | undefined) => until !== undefined && Date.now() < until;
  const ring = await ringCache.current((work) => c.executionCtx.waitUntil(work));
  return isLive(ring.origins.get(origin)) || isLive((await ringCache.again()).origins.get(origin));
}
