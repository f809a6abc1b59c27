// Trainings: asking for one, watching it, cancelling it.

import { createRoute, z } from '@hono/zod-openapi';
import { Name, TrainingAnswer, TrainingRequest, unwrap } from '../../../lib/contract/index.ts';
import { isOver } from '../../../lib/jobs/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireDataset, requireScope, requireStillKnown } from '../auth.ts';
import { idempotent } from '../idempotency.ts';
import { endId, trainingEvents } from '../training-events.ts';
import { trainingTarget } from '../training-target.ts';
import { errors, idempotencyErrors, json } from './answers.ts';

export const trainingRoutes = createRouter();

trainingRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/trainings',
    operationId: 'train',
    summary: 'Train a head on a dataset; creates the head if it is new',
    middleware: [requireScope('train', { head: 'param' }), jsonBody, idempotent] as const,
    request: {
      params: z.object({ head: Name }),
      body: { required: true, content: { 'application/json': { schema: TrainingRequest } } },
    },
    responses: { 202: json(TrainingAnswer, 'Accepted; Location names the training'), ...idempotencyErrors },
  }),
  async (c) => {
    const { head } = c.req.valid('param');
    const request = c.req.valid('json');
    const { services, claim } = c.var;
    await requireDataset(c.var, head, request.dataset);
    const target = await trainingTarget(services, head, request);
    const training = unwrap(await services.control.train(head, request, target, claim?.ulid));
    return c.json(training, 202, { location: `/v1/trainings/${training.id}` });
  },
);

const one = { params: z.object({ id: z.string() }) };
/** Of a stream's looks at its training, every such one looks at the key too: every ten seconds, so that it ends with
 *  the key and the subrequests of both are few enough. */
const looksPerKeyCheck = 20;

trainingRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/trainings/{id}',
    operationId: 'training',
    summary: 'How a training stands',
    middleware: [requireScope('train', { training: 'param' })] as const,
    request: one,
    responses: { 200: json(TrainingAnswer, 'Status, progress and, at the end, the report'), ...errors },
  }),
  async (c) => c.json(unwrap(await c.var.services.control.training(c.req.valid('param').id)), 200),
);

trainingRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/trainings/{id}/events',
    operationId: 'trainingEvents',
    summary: 'A training as server-sent events, until its end',
    middleware: [requireScope('train', { training: 'param' })] as const,
    request: one,
    responses: {
      200: {
        description:
          'Event `training` with the state whenever it has changed, its report with the last one; then `end`. `error` with a problem if the training cannot be asked about. A connection that ends without either is to be made again',
        content: { 'text/event-stream': { schema: z.string() } },
      },
      204: { description: 'Last-Event-ID was that of the end: there is nothing more to hear' },
      ...errors,
    },
  }),
  async (c) => {
    let looks = 0;
    const look = async () => {
      if (++looks % looksPerKeyCheck === 0) await requireStillKnown(c);
      return unwrap(await c.var.services.control.training(c.req.valid('param').id));
    };
    const first = await look();
    const lastEventId = c.req.header('last-event-id');
    if (lastEventId === endId && isOver(first)) return c.body(null, 204);
    return c.body(trainingEvents({ first, look, lastEventId }), 200, {
      'content-type': 'text/event-stream',
      // What compresses on the way would also hold back.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
  },
);

trainingRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/trainings/{id}/cancel',
    operationId: 'cancel',
    summary: 'Give a training up, unless it is being published already',
    middleware: [requireScope('train', { training: 'param' })] as const,
    request: one,
    responses: { 200: json(TrainingAnswer, 'How it stands now'), ...errors },
  }),
  async (c) => c.json(unwrap(await c.var.services.control.cancel(c.req.valid('param').id)), 200),
);
