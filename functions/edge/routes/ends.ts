// Ends: deleting heads, versions and datasets, and erasing a person. None of it can be undone, so all of it wants
// an `admin` key.

import { createRoute, z } from '@hono/zod-openapi';
import {
  DeletingAnswer,
  ErasedAnswer,
  EraseQuery,
  Name,
  unwrap,
  VersionNumber,
} from '../../../lib/contract/index.ts';
import { createRouter } from '../app.ts';
import { requireMoreThanHead, requireScope } from '../auth.ts';
import { errors, json } from './answers.ts';

export const endRoutes = createRouter();
const gone = { 204: { description: 'Gone' } };

endRoutes.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/heads/{head}',
    operationId: 'deleteHead',
    summary: 'Delete a head with all its versions; not while it is being trained',
    middleware: [requireScope('admin', { head: 'param' })] as const,
    request: { params: z.object({ head: Name }) },
    responses: { ...gone, ...errors },
  }),
  async (c) => {
    requireMoreThanHead(c.var.principal);
    unwrap(await c.var.services.control.deleteHead(c.req.valid('param').head));
    return c.body(null, 204);
  },
);

endRoutes.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/heads/{head}/versions/{version}',
    operationId: 'deleteVersion',
    summary: 'Delete a version that no channel points at',
    middleware: [requireScope('admin', { head: 'param' })] as const,
    request: {
      params: z.object({
        head: Name,
        version: z
          .string()
          .regex(/^\d{1,15}$/, 'a version is a whole number')
          .transform(Number)
          .pipe(VersionNumber),
      }),
    },
    responses: { ...gone, ...errors },
  }),
  async (c) => {
    const { head, version } = c.req.valid('param');
    unwrap(await c.var.services.control.deleteVersion(head, version));
    return c.body(null, 204);
  },
);

endRoutes.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/datasets/{ds}',
    operationId: 'deleteDataset',
    summary: 'Delete a dataset with everything that belongs to it; its heads have to go first',
    middleware: [requireScope('admin', { dataset: 'param' })] as const,
    request: { params: z.object({ ds: Name }) },
    responses: {
      ...gone,
      202: json(DeletingAnswer, 'It is large: what is left is deleted behind this answer'),
      ...errors,
    },
  }),
  async (c) => {
    const { ds } = c.req.valid('param');
    const { done, deleted } = unwrap(await c.var.services.control.deleteDataset(ds));
    return done ? c.body(null, 204) : c.json({ dataset: ds, deleted }, 202);
  },
);

endRoutes.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/datasets/{ds}/examples',
    operationId: 'eraseSubject',
    summary: 'Erase a person: every image, code and row of one subject',
    middleware: [requireScope('admin', { dataset: 'param' })] as const,
    request: { params: z.object({ ds: Name }), query: EraseQuery },
    responses: {
      200: json(
        ErasedAnswer,
        'What was erased, and which versions had seen it; nothing if there was nothing',
      ),
      ...errors,
    },
  }),
  async (c) => {
    const { subject } = c.req.valid('query');
    return c.json(unwrap(await c.var.services.control.eraseSubject(c.req.valid('param').ds, subject)), 200);
  },
);
