// Backbones: which there are, and what each offers.

import { createRoute } from '@hono/zod-openapi';
import { BackbonesAnswer } from '../../../lib/contract/index.ts';
import type { Card } from '../../../lib/graph/index.ts';
import { createRouter } from '../app.ts';
import { requireScope } from '../auth.ts';
import { errors, json } from './answers.ts';

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

function describe({ title, licence, origin, recipe, defaultTap, taps }: Card) {
  return { title, licence, origin, size: recipe.size, defaultTap, taps };
}
