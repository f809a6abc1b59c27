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
} from '../../../lib/contract/index.ts';
import { requireHead } from '../../../lib/registry/index.ts';
import { createRouter, jsonBody, requireScope } from '../app.ts';
import { channelsOf, manifestsOf } from '../head-versions.ts';
import { errors, json, jsonErrors } from './answers.ts';

export const headRoutes = createRouter();
const params = z.object({ head: Name });

headRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/heads/{head}',
    operationId: 'head',
    summary: 'What a head is',
    middleware: [requireScope('infer')] as const,
    request: { params },
    responses: { 200: json(HeadAnswer, 'The head'), ...errors },
  }),
  async (c) => {
    const { head } = c.req.valid('param');
    const { format, policy, ...document } = await requireHead(c.var.services.store, head);
    return c.json({ ...document, channels: await channelsOf(c.var.services, head) }, 200);
  },
);

headRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/heads/{head}/versions',
    operationId: 'versions',
    summary: 'Published versions with their reports, latest first',
    middleware: [requireScope('infer')] as const,
    request: { params },
    responses: { 200: json(VersionsAnswer, 'The versions'), ...errors },
  }),
  async (c) => {
    const { head } = c.req.valid('param');
    await requireHead(c.var.services.store, head);
    const manifests = await manifestsOf(c.var.services, head);
    const versions = manifests.map(
      ({ version, created, kind, labels, strength, snapshot, blob, report }) => ({
        version,
        created,
        kind,
        labels,
        strength,
        snapshot,
        blob: blob.digest,
        report,
      }),
    );
    return c.json({ head, versions, channels: await channelsOf(c.var.services, head) }, 200);
  },
);

headRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/promote',
    operationId: 'promote',
    summary: 'Make a version stable; lifts the pin of a rollback',
    middleware: [requireScope('train'), jsonBody] as const,
    request: {
      params,
      body: { required: true, content: { 'application/json': { schema: PromoteRequest } } },
    },
    responses: { 200: json(ChannelsAnswer, 'The channels now'), ...jsonErrors },
  }),
  async (c) => {
    const { version } = c.req.valid('json');
    return c.json(unwrap(await c.var.services.control.promote(c.req.valid('param').head, version)), 200);
  },
);

headRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/rollback',
    operationId: 'rollback',
    summary: 'Go back to an earlier version, and stay there until someone promotes',
    middleware: [requireScope('train'), jsonBody] as const,
    request: { params, body: { content: { 'application/json': { schema: RollbackRequest } } } },
    responses: { 200: json(ChannelsAnswer, 'The channels now'), ...jsonErrors },
  }),
  async (c) => {
    const { version = null, reason = 'rolled back' } = c.req.valid('json');
    return c.json(
      unwrap(await c.var.services.control.rollback(c.req.valid('param').head, version, reason)),
      200,
    );
  },
);
