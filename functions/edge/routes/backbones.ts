// Backbones: which there are, what each offers, and making one of a fine-tuned version.

import { createRoute } from '@hono/zod-openapi';
import { BackboneRequest, BackbonesAnswer, TrainingAnswer, unwrap } from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import type { Card } from '../../../lib/graph/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireScope } from '../auth.ts';
import { idempotent } from '../idempotency.ts';
import { errors, idempotencyErrors, json } from './answers.ts';

export const backboneRoutes = createRouter();

backboneRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/backbones',
    operationId: 'backbones',
    summary: 'Backbones that heads can be trained on',
    middleware: [requireScope('infer')] as const,
    responses: {
      200: json(
        BackbonesAnswer,
        'The backbones, those that are known here with their taps, and the memory that this isolate holds',
      ),
      ...errors,
    },
  }),
  async (c) => {
    const { backbones, coder, memory } = c.var.services;
    await backbones.byName();
    const rows = await backbones.list();
    const answer = rows.map(({ name, digest, arithmetic, figures, card }) => ({
      name,
      digest,
      default: name === backbones.defaultName,
      loaded: card !== undefined,
      ...(card && describe(card)),
      arithmetic,
      figures,
      bytes: coder.heldBytes(digest),
    }));
    const held = { bytes: memory.heldBytes(), maxBytes: memory.maxBytes };
    return c.json({ backbones: answer, memory: held }, 200);
  },
);

// A backbone is everybody's, so this is closed to keys that are bound to a head or a dataset.
backboneRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/backbones',
    operationId: 'share',
    summary: 'Make a backbone of a fine-tuned version, in the background',
    middleware: [requireScope('admin'), jsonBody, idempotent] as const,
    request: { body: { required: true, content: { 'application/json': { schema: BackboneRequest } } } },
    responses: {
      202: json(TrainingAnswer, 'Accepted; Location names it, to be watched like a training'),
      ...idempotencyErrors,
    },
  }),
  async (c) => {
    const request = c.req.valid('json');
    const { services, claim } = c.var;
    if (request.name === services.backbones.defaultName)
      throw new HeadwaterError(
        'conflict',
        `"${request.name}" is this deployment's own backbone. Choose another name.`,
        { name: request.name },
      );
    const job = unwrap(await services.control.share(request, claim?.ulid));
    return c.json(job, 202, { location: `/v1/trainings/${job.id}` });
  },
);

function describe({ title, licence, origin, recipe, defaultTap, taps }: Card) {
  return { title, licence, origin, size: recipe.size, defaultTap, taps };
}
