// Garbage: what nobody points at any more.

import { createRoute, z } from '@hono/zod-openapi';
import { defaultTapOf, namedCodeSpace } from '../../../lib/codes/index.ts';
import { GarbageAnswer, GarbageRequest, Name, unwrap } from '../../../lib/contract/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireScope } from '../auth.ts';
import type { Services } from '../services.ts';
import { json, jsonErrors } from './answers.ts';

export const garbageRoutes = createRouter();

garbageRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/datasets/{ds}/garbage',
    operationId: 'collectGarbage',
    summary:
      'Delete what nothing points at and what is older than the grace period, or tell what that would be',
    middleware: [requireScope('admin', { dataset: 'param' }), jsonBody] as const,
    request: {
      params: z.object({ ds: Name }),
      body: { content: { 'application/json': { schema: GarbageRequest } } },
    },
    responses: { 200: json(GarbageAnswer, 'What was deleted'), ...jsonErrors },
  }),
  async (c) => {
    const { ds } = c.req.valid('param');
    const request = c.req.valid('json');
    const keep = request.spaces ? [await defaultSpace(c.var.services)] : [];
    return c.json(unwrap(await c.var.services.control.collectGarbage(ds, request, keep)), 200);
  },
);

/** The space in which every upload is coded. */
async function defaultSpace({ backbones }: Pick<Services, 'backbones'>): Promise<string> {
  const backbone = await backbones.byName();
  return (await namedCodeSpace(backbone, [defaultTapOf(backbone)])).digest;
}
