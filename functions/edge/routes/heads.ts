// Heads: what they are, their versions, and which of them answers.

import { createRoute, z } from '@hono/zod-openapi';
import {
  ChannelsAnswer,
  HeadAnswer,
  Name,
  PromoteRequest,
  RollbackRequest,
  unwrap,
  VersionsAnswer,
  VersionsQuery,
} from '../../../lib/contract/index.ts';
import { requireHead } from '../../../lib/registry/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireScope } from '../auth.ts';
import { taggedJson } from '../etag.ts';
import { channelsOf, versionsPage } from '../head-versions.ts';
import { idempotent } from '../idempotency.ts';
import { errors, idempotencyErrors, json, notModified } from './answers.ts';

export const headRoutes = createRouter();
const params = z.object({ head: Name });

headRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/heads/{head}',
    operationId: 'head',
    summary: 'What a head is',
    middleware: [requireScope('infer', { head: 'param' })] as const,
    request: { params },
    responses: { 200: json(HeadAnswer, 'The head'), 304: notModified, ...errors },
  }),
  async (c) => {
    const { head } = c.req.valid('param');
    const { format, policy, ...document } = await requireHead(c.var.services.store, head);
    const channels = await channelsOf(c.var.services, head);
    return taggedJson(c, { ...document, channels }, channels?.stable ?? 0);
  },
);

headRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/heads/{head}/versions',
    operationId: 'versions',
    summary: 'Published versions with their reports, latest first',
    middleware: [requireScope('infer', { head: 'param' })] as const,
    request: { params, query: VersionsQuery },
    responses: { 200: json(VersionsAnswer, 'The versions'), 304: notModified, ...errors },
  }),
  async (c) => {
    const { head } = c.req.valid('param');
    await requireHead(c.var.services.store, head);
    const page = await versionsPage(c.var.services, head, c.req.valid('query'));
    const channels = await channelsOf(c.var.services, head);
    return taggedJson(c, { head, ...page, channels }, channels?.stable ?? 0);
  },
);

headRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/promote',
    operationId: 'promote',
    summary: 'Make a version stable; lifts the pin of a rollback',
    middleware: [requireScope('train', { head: 'param' }), jsonBody, idempotent] as const,
    request: {
      params,
      body: { required: true, content: { 'application/json': { schema: PromoteRequest } } },
    },
    responses: { 200: json(ChannelsAnswer, 'The channels now'), ...idempotencyErrors },
  }),
  async (c) => {
    const { version } = c.req.valid('json');
    return c.json(
      unwrap(await c.var.services.control.promote(c.req.valid('param').head, version, c.var.claim?.ulid)),
      200,
    );
  },
);

headRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/rollback',
    operationId: 'rollback',
    summary: 'Go back to an earlier version, and stay there until someone promotes',
    middleware: [requireScope('train', { head: 'param' }), jsonBody, idempotent] as const,
    request: { params, body: { content: { 'application/json': { schema: RollbackRequest } } } },
    responses: { 200: json(ChannelsAnswer, 'The channels now'), ...idempotencyErrors },
  }),
  async (c) => {
    const { version = null, reason = 'rolled back' } = c.req.valid('json');
    return c.json(
      unwrap(
        await c.var.services.control.rollback(c.req.valid('param').head, version, reason, c.var.claim?.ulid),
      ),
      200,
    );
  },
);
