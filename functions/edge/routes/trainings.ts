// Trainings: asking for one, watching it, cancelling it.

import { createRoute, z } from '@hono/zod-openapi';
import { Name, TrainingAnswer, TrainingRequest, unwrap } from '../../../lib/contract/index.ts';
import { createRouter, jsonBody, requireScope } from '../app.ts';
import { trainingTarget } from '../training-target.ts';
import { errors, json, jsonErrors } from './answers.ts';

export const trainingRoutes = createRouter();

trainingRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/trainings',
    operationId: 'train',
    summary: 'Train a head on a dataset; creates the head if it is new',
    middleware: [requireScope('train'), jsonBody] as const,
    request: {
      params: z.object({ head: Name }),
      body: { required: true, content: { 'application/json': { schema: TrainingRequest } } },
    },
    responses: { 202: json(TrainingAnswer, 'Accepted; Location names the training'), ...jsonErrors },
  }),
  async (c) => {
    const { head } = c.req.valid('param');
    const request = c.req.valid('json');
    const target = await trainingTarget(c.var.services, head, request);
    const training = unwrap(await c.var.services.control.train(head, request, target));
    return c.json(training, 202, { location: `/v1/trainings/${training.id}` });
  },
);

const one = { params: z.object({ id: z.string() }) };

trainingRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/trainings/{id}',
    operationId: 'training',
    summary: 'How a training stands',
    middleware: [requireScope('train')] as const,
    request: one,
    responses: { 200: json(TrainingAnswer, 'Status, progress and, at the end, the report'), ...errors },
  }),
  async (c) => c.json(unwrap(await c.var.services.control.training(c.req.valid('param').id)), 200),
);

trainingRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/trainings/{id}/cancel',
    operationId: 'cancel',
    summary: 'Give a training up, unless it is being published already',
    middleware: [requireScope('train')] as const,
    request: one,
    responses: { 200: json(TrainingAnswer, 'How it stands now'), ...errors },
  }),
  async (c) => c.json(unwrap(await c.var.services.control.cancel(c.req.valid('param').id)), 200),
);
