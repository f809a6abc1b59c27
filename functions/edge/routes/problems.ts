// What the `type` of a problem leads to.

import { createRoute, z } from '@hono/zod-openapi';
import { HeadwaterError, problems } from '../../../lib/errors/index.ts';
import { createRouter } from '../app.ts';
import { json, problem } from './answers.ts';

export const problemRoutes = createRouter();

problemRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/problems/{type}',
    operationId: 'problemType',
    security: [],
    summary: 'A type of problem and its status',
    request: { params: z.object({ type: z.string() }) },
    responses: {
      200: json(z.object({ type: z.string(), status: z.number().int() }), 'The type'),
      404: problem('There is no such type'),
    },
  }),
  (c) => {
    const { type } = c.req.valid('param');
    if (!Object.hasOwn(problems, type))
      throw new HeadwaterError('not-found', 'There is no such problem type.');
    return c.json({ type, status: problems[type as keyof typeof problems] }, 200);
  },
);
