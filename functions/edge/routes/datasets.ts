// Datasets and their examples.

import { createRoute, z } from '@hono/zod-openapi';
import {
  DatasetAnswer,
  Digest,
  ExampleAnswer,
  Name,
  ReindexRequest,
  TeachQuery,
  TrainingAnswer,
  unwrap,
} from '../../../lib/contract/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireScope } from '../auth.ts';
import { noSuchExample, readExample } from '../example.ts';
import { idempotent } from '../idempotency.ts';
import { teach } from '../teach.ts';
import { reindexTarget } from '../training-target.ts';
import { errors, idempotencyErrors, imageBody, imageErrors, json } from './answers.ts';

export const datasetRoutes = createRouter();

datasetRoutes.openapi(
  createRoute({
    method: 'put',
    path: '/v1/datasets/{ds}/examples/{label}',
    operationId: 'teach',
    summary: 'Teach: add a labelled image, or move it to this label',
    middleware: [requireScope('teach', { dataset: 'param' })] as const,
    request: { params: z.object({ ds: Name, label: Name }), query: TeachQuery, ...imageBody },
    responses: {
      200: json(ExampleAnswer, 'It was there already'),
      201: json(ExampleAnswer, 'Stored, coded and indexed'),
      ...imageErrors,
    },
  }),
  async (c) => {
    const { ds, label } = c.req.valid('param');
    const { digest, created, movedFrom } = await c.var.services.bodies.withImage(c.req.raw, (bytes) =>
      teach(c.var.services, ds, label, bytes, c.req.valid('query')),
    );
    return c.json({ digest, label, ...(movedFrom && { movedFrom }) }, created ? 201 : 200);
  },
);

datasetRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/datasets/{ds}',
    operationId: 'dataset',
    summary: 'What a dataset holds',
    middleware: [requireScope('teach', { dataset: 'param' })] as const,
    request: { params: z.object({ ds: Name }) },
    responses: { 200: json(DatasetAnswer, 'Labels and counts'), ...errors },
  }),
  async (c) => c.json(unwrap(await c.var.services.control.dataset(c.req.valid('param').ds)), 200),
);

datasetRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/datasets/{ds}/rebuild',
    operationId: 'rebuild',
    summary: 'Make the example index anew from the bucket',
    middleware: [requireScope('admin', { dataset: 'param' })] as const,
    request: { params: z.object({ ds: Name }) },
    responses: { 200: json(z.object({ examples: z.number(), codes: z.number() }), 'Rebuilt'), ...errors },
  }),
  async (c) => c.json(unwrap(await c.var.services.control.rebuild(c.req.valid('param').ds)), 200),
);

datasetRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/datasets/{ds}/reindex',
    operationId: 'reindex',
    summary: 'Make the codes that the dataset lacks on a backbone at a tap, in the background',
    middleware: [requireScope('train', { dataset: 'param' }), jsonBody, idempotent] as const,
    request: {
      params: z.object({ ds: Name }),
      body: { required: true, content: { 'application/json': { schema: ReindexRequest } } },
    },
    responses: {
      202: json(TrainingAnswer, 'Accepted; Location names it, to be watched like a training'),
      ...idempotencyErrors,
    },
  }),
  async (c) => {
    const { services, claim } = c.var;
    const target = await reindexTarget(services, c.req.valid('json'));
    const job = unwrap(await services.control.reindex(c.req.valid('param').ds, target, claim?.ulid));
    return c.json(job, 202, { location: `/v1/trainings/${job.id}` });
  },
);

const exampleParams = z.object({ ds: Name, label: Name, digest: Digest });

datasetRoutes.openapi(
  createRoute({
    method: 'get',
    path: '/v1/datasets/{ds}/examples/{label}/{digest}',
    operationId: 'example',
    summary: "An example's bytes",
    middleware: [requireScope('teach', { dataset: 'param' })] as const,
    request: { params: exampleParams },
    responses: {
      200: {
        description: 'The image',
        content: { 'image/*': { schema: z.string().openapi({ format: 'binary' }) } },
      },
      ...errors,
    },
  }),
  async (c) => {
    const { ds, label, digest } = c.req.valid('param');
    const { bytes, contentType } = await readExample(c.var.services, ds, label, digest);
    // What a browser keeps is for whoever had the key to it.
    c.header('vary', 'Authorization', { append: true });
    // A picture can be a web page too: nothing in it may run.
    return c.body(bytes, 200, {
      'content-type': contentType,
      'content-security-policy': "default-src 'none'; sandbox",
      'content-disposition': 'inline',
      'cache-control': 'private, max-age=31536000, immutable',
    });
  },
);

datasetRoutes.openapi(
  createRoute({
    method: 'delete',
    path: '/v1/datasets/{ds}/examples/{label}/{digest}',
    operationId: 'eraseExample',
    summary: 'Erase an example: image, code and row',
    middleware: [requireScope('teach', { dataset: 'param' })] as const,
    request: { params: exampleParams },
    responses: { 204: { description: 'Gone' }, ...errors },
  }),
  async (c) => {
    const { ds, label, digest } = c.req.valid('param');
    if (!unwrap(await c.var.services.control.deleteExample(ds, label, digest)))
      throw noSuchExample(label, digest);
    return c.body(null, 204);
  },
);
