// Advice on how to train on a dataset: asking for it, and reading what was said last.

import { createRoute, z } from '@hono/zod-openapi';
import {
  AdviceAnswer,
  AdviceQuery,
  AdviceRequest,
  Name,
  TrainingAnswer,
  unwrap,
} from '../../../lib/contract/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireScope } from '../auth.ts';
import { idempotent } from '../idempotency.ts';
import { adviceTarget } from '../training-target.ts';
import { errors, idempotencyErrors, json } from './answers.ts';

export const adviceRoutes = createRouter();
const params = z.object({ ds: Name });

adviceRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/datasets/{ds}/advice',
    operationId: 'advise',
    summary: 'Gather evidence on how to train on a dataset, in the background',
    middleware: [requireScope('train', { dataset: 'param' }), jsonBody, idempotent] as const,
    request: {
      params,
      body: { required: true, content: { 'application/json': { schema: AdviceRequest } } },
    },
    responses: {
      202: json(TrainingAnswer, 'Accepted; Location names it, to be watched like a training'),
      ...idempotencyErrors,
    },
  }),
  async (c) => {
    const { services, claim } = c.var;
    const target = await adviceTarget(services, c.req.valid('json'));
    const job = unwrap(await services.control.advise(c.req.valid('param').ds, target, claim?.ulid));
    return c.json(job, 202, { location: `/v1/trainings/${job.id}` });
  },
);

adviceRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/datasets/{ds}/advice',
    operationId: 'advice',
    summary: 'The latest advice on a dataset and a backbone',
    middleware: [requireScope('train', { dataset: 'param' })] as const,
    request: { params, query: AdviceQuery },
    responses: { 200: json(AdviceAnswer, 'The advice with its evidence'), ...errors },
  }),
  async (c) => {
    const { control, backbones } = c.var.services;
    const { name } = await backbones.byName(c.req.valid('query').backbone);
    return c.json(unwrap(await control.advice(c.req.valid('param').ds, name)), 200);
  },
);
