// Backbones: which there are, and what each offers.

import { createRoute } from '@hono/zod-openapi';
import type { Backbone } from '../../../lib/codes/index.ts';
import { BackbonesAnswer } from '../../../lib/contract/index.ts';
import { createRouter } from '../app.ts';
import { requireScope } from '../auth.ts';
import type { Services } from '../services.ts';
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
      200: json(BackbonesAnswer, 'The backbones; those that are loaded here with their taps'),
      ...errors,
    },
  }),
  async (c) => {
    const { services } = c.var;
    await services.backbones.byName();
    const rows = await services.backbones.list();
    const backbones = rows.map(({ name, digest, loaded }) => ({
      name,
      digest,
      default: name === services.backbones.defaultName,
      loaded: loaded !== undefined,
      ...(loaded && describe(loaded, services)),
    }));
    return c.json({ backbones }, 200);
  },
);

function describe({ card, digest }: Backbone, { coder }: Services) {
  const { title, licence, origin, defaultTap, taps } = card;
  return { title, licence, origin, size: card.recipe.size, defaultTap, taps, bytes: coder.heldBytes(digest) };
}
