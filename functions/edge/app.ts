// The HTTP face of Headwater: middleware, then one file of routes for each noun.

import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { HeadwaterError, problems } from '../../lib/errors/index.ts';
import { authenticate, type Scope } from '../../lib/trust/index.ts';
import { maxJsonBytes, readBody } from './body.ts';
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
    try {
      await authenticate(c.req.header('authorization'), scope, services.keyRing);
    } catch (error) {
      await c.req.raw.body?.cancel();
      throw error;
    }
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

/** Errors, unknown paths and headers that every answer has. */
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
  app.get('/problems/:type', (c) => {
    const type = c.req.param('type');
    if (!Object.hasOwn(problems, type))
      throw new HeadwaterError('not-found', 'There is no such problem type.');
    return c.json({ type, status: problems[type as keyof typeof problems] });
  });
  return app;
}
