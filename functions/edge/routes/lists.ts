// Lists: which heads, datasets, trainings and examples there are, page by page. Lists over everything are closed to
// keys that are bound to one head or dataset, and what shows people's names is closed to tokens.

import { createRoute, z } from '@hono/zod-openapi';
import {
  DatasetsAnswer,
  DatasetsQuery,
  ExamplesAnswer,
  ExamplesQuery,
  exampleCursor,
  HeadsAnswer,
  HeadsQuery,
  Name,
  TrainingsAnswer,
  TrainingsQuery,
  unwrap,
} from '../../../lib/contract/index.ts';
import { createRouter } from '../app.ts';
import { requireScope } from '../auth.ts';
import { trainingsPage } from '../list-trainings.ts';
import { datasetsPage, headsPage } from '../lists.ts';
import { errors, json } from './answers.ts';

export const listRoutes = createRouter();

listRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/heads',
    operationId: 'heads',
    summary: 'Heads, in the order of their names',
    middleware: [requireScope('infer')] as const,
    request: { query: HeadsQuery },
    responses: { 200: json(HeadsAnswer, 'A page; with a cursor if there may be more'), ...errors },
  }),
  async (c) => c.json(await headsPage(c.var.services, c.req.valid('query')), 200),
);

listRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/datasets',
    operationId: 'datasets',
    summary: 'Datasets, in the order of their names',
    middleware: [requireScope('train')] as const,
    request: { query: DatasetsQuery },
    responses: { 200: json(DatasetsAnswer, 'A page; with a cursor if there may be more'), ...errors },
  }),
  async (c) => c.json(await datasetsPage(c.var.services, c.req.valid('query')), 200),
);

listRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/trainings',
    operationId: 'trainings',
    summary: 'Trainings, dataset by dataset, the newest of each first',
    middleware: [requireScope('train')] as const,
    request: { query: TrainingsQuery },
    responses: { 200: json(TrainingsAnswer, 'A page; with a cursor if there may be more'), ...errors },
  }),
  async (c) => c.json(await trainingsPage(c.var.services, c.req.valid('query')), 200),
);

listRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/datasets/{ds}/examples',
    operationId: 'examples',
    summary: 'Examples of a dataset, in the order of their digests',
    middleware: [requireScope('train', { dataset: 'param' })] as const,
    request: { params: z.object({ ds: Name }), query: ExamplesQuery },
    responses: { 200: json(ExamplesAnswer, 'A page; with a cursor if there may be more'), ...errors },
  }),
  async (c) => {
    const { rows, more } = unwrap(
      await c.var.services.control.examples(c.req.valid('param').ds, c.req.valid('query')),
    );
    const examples = rows.map(({ extension, uploaded, ...row }) => ({
      ...row,
      uploaded: new Date(uploaded).toISOString(),
    }));
    return c.json({ examples, ...(more && { cursor: exampleCursor.encode(rows.at(-1)!.digest) }) }, 200);
  },
);
