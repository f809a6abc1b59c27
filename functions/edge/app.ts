// The HTTP face of Headwater: middleware, then one file of routes for each noun.

import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Claim } from '../../lib/contract/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import type { Principal } from '../../lib/trust/index.ts';
import { isTokenMethod, isTokenRoute } from './auth.ts';
import { discardBody, maxJsonBytes, readBody } from './body.ts';
import { preflight } from './cors.ts';
import type { Env } from './env.ts';
import { fromZodError, problemResponse } from './problem.ts';
import type { Services } from './services.ts';

/** What a handler finds in its context. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    services: Services;
    /** Who calls. */
    principal: Principal;
    /** The page's origin, if this answer may name it. */
    corsOrigin?: string;
    /** Of a request with an Idempotency-Key: the same for each of its repetitions. */
    claim?: Claim;
  };
}

/** An app, or a group of routes, whose refused requests become problems. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw fromZodError(result.error as never, result.target);
    },
  });
}

/** Reads a JSON body within its bound; an empty one counts as {}. */
export const jsonBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  const bytes = await readBody(c.req.raw, maxJsonBytes);
  const headers = new Headers(c.req.raw.headers);
  headers.set('content-type', 'application/json');
  headers.delete('content-length');
  c.req.raw = new Request(c.req.url, {
    method: c.req.method,
    headers,
    body: bytes.length > 0 ? (bytes as BodyInit) : '{}',
  });
  await next();
};

/** Around every request: no body is left lying, and no answer is sniffed. */
export const everyRequest: MiddlewareHandler<AppEnv> = async (c, next) => {
  const request = c.req.raw;
  await next();
  await discardBody(request);
  c.header('x-content-type-options', 'nosniff');
};

/** Errors, unknown paths, and known paths with a method that they don't have. Comes after every route. */
export function finish(app: OpenAPIHono<AppEnv>): OpenAPIHono<AppEnv> {
  app.onError((error, c) => problemResponse(error, c));
  app.notFound((c) =>
    problemResponse(
      new HeadwaterError(
        'not-found',
        `There is nothing at ${c.req.method} ${new URL(c.req.url).pathname}. See /openapi.json.`,
      ),
      c,
    ),
  );
  const ofTokens = methodsByPath(app, isTokenRoute);
  for (const [path, allow] of methodsByPath(app))
    app.all(path, async (c) => {
      const answer = await preflight(c, (ofTokens.get(path) ?? []).filter(isTokenMethod));
      if (answer) return answer;
      throw new HeadwaterError(
        'method-not-allowed',
        `${c.req.method} is not offered at ${c.req.path}. Use ${allow.join(' or ')}.`,
        { allow },
      );
    });
  return app;
}

/** The methods of each path, or of those routes only that have a handler as `counts` says. */
function methodsByPath(
  app: OpenAPIHono<AppEnv>,
  counts: (handler: object) => boolean = () => true,
): Map<string, string[]> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method, handler } of app.routes) {
    if (method === 'ALL' || !counts(handler)) continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
    // Hono answers HEAD wherever there is a GET.
    if (method === 'GET') known.add('HEAD');
  }
  return new Map([...methods].map(([path, known]) => [path, [...known]]));
}
