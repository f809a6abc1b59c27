// API keys: making, listing, revoking them.

import { createRoute, z } from '@hono/zod-openapi';
import {
  CreatedKeyAnswer,
  KeyAnswer,
  type KeyRecord,
  KeyRequest,
  KeysAnswer,
  KeysQuery,
  keyCursor,
  Ulid,
  unwrap,
} from '../../../lib/contract/index.ts';
import { bindingOf, makerOf, requireWithin } from '../../../lib/trust/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireScope } from '../auth.ts';
import { idempotentSecret } from '../idempotency.ts';
import { errors, idempotencyErrors, json } from './answers.ts';

export const keyRoutes = createRouter();

keyRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/keys',
    operationId: 'createKey',
    summary: 'Make an API key; the answer is the only place where it is ever shown',
    middleware: [requireScope('admin'), jsonBody, idempotentSecret] as const,
    request: { body: { required: true, content: { 'application/json': { schema: KeyRequest } } } },
    responses: { 201: json(CreatedKeyAnswer, 'The key'), ...idempotencyErrors },
  }),
  async (c) => {
    const { services, principal, claim } = c.var;
    const request = c.req.valid('json');
    await requireWithin(principal, request.scopes, bindingOf(request), services.headDatasets.of);
    const { record, key } = unwrap(
      await services.control.createKey(request, makerOf(principal), claim ?? null),
    );
    services.ringCache.changed();
    return c.json({ ...describe(record), key }, 201, { location: `/v1/keys/${record.id}` });
  },
);

keyRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/keys',
    operationId: 'keys',
    summary: 'API keys, oldest first, without their secrets',
    middleware: [requireScope('admin')] as const,
    request: { query: KeysQuery },
    responses: { 200: json(KeysAnswer, 'The keys'), ...errors },
  }),
  async (c) => {
    const { cursor = null, limit } = c.req.valid('query');
    const { rows, more } = unwrap(await c.var.services.control.listKeys(cursor, limit));
    const last = rows.at(-1);
    return c.json(
      { keys: rows.map(describe), ...(more && last && { cursor: keyCursor.encode(last.id) }) },
      200,
    );
  },
);

const one = { params: z.object({ id: Ulid }) };

keyRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/keys/{id}',
    operationId: 'key',
    summary: 'An API key, without its secret',
    middleware: [requireScope('admin')] as const,
    request: one,
    responses: { 200: json(KeyAnswer, 'The key'), ...errors },
  }),
  async (c) => c.json(describe(unwrap(await c.var.services.control.keyRecord(c.req.valid('param').id))), 200),
);

keyRoutes.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/keys/{id}',
    operationId: 'revokeKey',
    summary: 'Revoke an API key, and with it every token that it has made',
    middleware: [requireScope('admin')] as const,
    request: one,
    responses: { 200: json(KeyAnswer, 'Revoked'), ...errors },
  }),
  async (c) => {
    const { services } = c.var;
    const record = unwrap(await services.control.revokeKey(c.req.valid('param').id));
    services.ringCache.changed();
    return c.json(describe(record), 200);
  },
);

const instant = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());

function describe({ created, expires, revoked, ...record }: KeyRecord) {
  return {
    ...record,
    created: new Date(created).toISOString(),
    expires: instant(expires),
    revoked: instant(revoked),
  };
}
