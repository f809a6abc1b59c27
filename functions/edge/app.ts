// The HTTP face of Headwater: middleware, then one file of routes for each noun.

import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { authenticate, type Scope } from '../../lib/trust/index.ts';
import { discardBody, maxJsonBytes, readBody } from './body.ts';
import type { Env } from './env.ts';
import { fromZodError, problemResponse } from './problem.ts';
import { type Services, servicesOf } from './services.ts';

/** What a handler finds in its context. */
export interface AppEnv {
  Bindings: Env;
  Variables: { services: Services };
}

/** An app, or a group of routes, whose refused requests become problems. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) throw fromZodError(result.error as never, result.target);
    },
  });
}

/** Lets through whoever has a key with this scope. */
export function requireScope(scope: Scope): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const services = await servicesOf(c.env);
    await authenticate(c.req.header('authorization'), scope, services.keyRing);
    c.set('services', services);
    await next();
  };
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
  for (const [path, allow] of methodsByPath(app))
    app.all(path, (c) => {
      throw new HeadwaterError(
        'method-not-allowed',
        `${c.req.method} is not offered at ${c.req.path}. Use ${allow.join(' or ')}.`,
        { allow },
      );
    });
  return app;
}

function methodsByPath(app: OpenAPIHono<AppEnv>): Map<string, string[]> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    if (method === 'ALL') continue;
    const known = methods.get(path) ?? new Set();
    methods.set(path, known.add(method));
    // Hono answers HEAD wherever there is a GET.
    if (method === 'GET') known.add('HEAD');
  }
  return new Map([...methods].map(([path, known]) => [path, [...known]]));
}
