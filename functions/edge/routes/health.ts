// Is it alive, is it ready. No key needed.

import { createRoute } from '@hono/zod-openapi';
import { HealthAnswer, ReadyAnswer } from '../../../lib/contract/index.ts';
import { createRouter } from '../app.ts';
import { servicesOf } from '../services.ts';
import { json } from './answers.ts';

export const healthRoutes = createRouter();

healthRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/healthz',
    operationId: 'health',
    security: [],
    summary: 'The Worker runs',
    responses: { 200: json(HealthAnswer, 'Alive') },
  }),
  (c) => c.json({ status: 'ok' as const }, 200),
);

healthRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/readyz',
    operationId: 'ready',
    security: [],
    summary: 'The Worker, its storage and control answer',
    responses: { 200: json(ReadyAnswer, 'Ready'), 503: json(ReadyAnswer, 'Not yet') },
  }),
  async (c) => {
    const succeeds = (work: Promise<unknown>) =>
      work.then(
        () => true,
        () => false,
      );
    const services = await servicesOf(c.env);
    const [storage, control, backbone] = await Promise.all([
      succeeds(services.store.head('datasets/none.json')),
      // Any answer will do, an error included: what counts is that control is there to give one.
      succeeds(services.control.training('none')),
      succeeds(services.backbones.byName()),
    ]);
    const ready = storage && control && backbone;
    const answer = {
      status: ready ? ('ready' as const) : ('starting' as const),
      checks: { storage, control, backbone },
    };
    return c.json(answer, ready ? 200 : 503);
  },
);
