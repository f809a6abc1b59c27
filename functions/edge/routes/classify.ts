// Answers: what is in an image, by one head or several, and its code.

import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  ClassifyAnswer,
  ClassifyFormAnswer,
  ClassifyQuery,
  ClassifyWithAnswer,
  ClassifyWithFormAnswer,
  ClassifyWithQuery,
  CodesAnswer,
  CodesFormAnswer,
  CodesQuery,
  Name,
} from '../../../lib/contract/index.ts';
import { prefers } from '../accept.ts';
import { type AppEnv, createRouter } from '../app.ts';
import { requireScope } from '../auth.ts';
import { byHead, type Classified, classifyImages, itemsOf } from '../classify-images.ts';
import { asJson, asRows, codesOfImages } from '../codes-of-images.ts';
import { type AskedHead, answers } from '../current-head.ts';
import { tag } from '../etag.ts';
import { imageErrors, imagesBody, json, notModified } from './answers.ts';

export const classifyRoutes = createRouter();

/** Asks the heads, and tells in headers which versions have answered. */
async function classified(
  c: Context<AppEnv>,
  asked: AskedHead[],
  topK: number | undefined,
): Promise<Classified> {
  const ifNoneMatch = c.req.header('if-none-match');
  const answer = await classifyImages(c.var.services, c.req.raw, { asked, topK, ifNoneMatch }, (work) =>
    c.executionCtx.waitUntil(work),
  );
  const answering = answer.heads.filter(answers);
  const versions = answering.map(({ name, version }) =>
    'head' in c.req.param() ? `${version}` : `${encodeURIComponent(name)}=${version}`,
  );
  c.header('headwater-version', versions.join(', '));
  if (answering.some(({ stale }) => stale)) c.header('headwater-stale', 'true');
  if (answer.etag) tag(c, answer.etag);
  return answer;
}

classifyRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/classify',
    operationId: 'classify',
    summary: "Classify an image, or a form of up to 16, with a head's stable version",
    middleware: [requireScope('infer', { head: 'param' })] as const,
    request: { params: z.object({ head: Name }), query: ClassifyQuery, ...imagesBody },
    responses: {
      200: json(
        z.union([ClassifyAnswer, ClassifyFormAnswer]),
        'Labels by probability; for a form, `results` in its order, with an error for an image that cannot be read. Headwater-Version names the version',
      ),
      304: notModified,
      ...imageErrors,
    },
  }),
  async (c) => {
    const { topK, minVersion } = c.req.valid('query');
    const { heads, images, known } = await classified(c, [{ ...c.req.valid('param'), minVersion }], topK);
    if (known) return c.body(null, 304);
    const { name, version } = heads.find(answers)!;
    if ('single' in images) return c.json({ head: name, version, ...images.single[0]! }, 200);
    return c.json({ head: name, version, results: itemsOf(images.form, ([verdict]) => verdict!) }, 200);
  },
);

classifyRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/classify',
    operationId: 'classifyWith',
    summary: 'Classify an image, or a form of up to 16, with several heads at once',
    middleware: [requireScope('infer', { heads: 'query' })] as const,
    request: { query: ClassifyWithQuery, ...imagesBody },
    responses: {
      200: json(
        z.union([ClassifyWithAnswer, ClassifyWithFormAnswer]),
        'Each head with its labels, or an error if it cannot answer; for a form, once for each image. Headwater-Version names the versions',
      ),
      304: notModified,
      ...imageErrors,
    },
  }),
  async (c) => {
    const { heads: names, topK, minVersion } = c.req.valid('query');
    const asked = names.map((head, i) => ({ head, minVersion: minVersion?.[i] }));
    const { heads, images, known } = await classified(c, asked, topK);
    if (known) return c.body(null, 304);
    if ('single' in images) return c.json({ heads: byHead(heads, images.single) }, 200);
    return c.json({ results: itemsOf(images.form, (verdicts) => ({ heads: byHead(heads, verdicts) })) }, 200);
  },
);

classifyRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/codes',
    operationId: 'codes',
    summary: 'The CNN code of an image, or of each of a form of up to 16',
    middleware: [requireScope('infer')] as const,
    request: { query: CodesQuery, ...imagesBody },
    responses: {
      200: {
        description:
          'The codes, after the activation function; for a form also `errors`, of the images that cannot be read. As octet-stream: float32 rows, little-endian',
        content: {
          'application/json': { schema: z.union([CodesAnswer, CodesFormAnswer]) },
          'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) },
        },
      },
      ...imageErrors,
    },
  }),
  async (c) => {
    const codes = await codesOfImages(c.var.services, c.req.raw, c.req.valid('query'));
    c.header('cache-control', 'no-store');
    c.header('vary', 'Authorization, Accept', { append: true });
    if (!prefers(c.req.header('accept'), 'application/octet-stream', 'application/json'))
      return c.json(asJson(codes), 200);
    const { dims, bytes } = asRows(codes);
    return c.body(bytes, 200, {
      'content-type': 'application/octet-stream',
      'headwater-backbone': encodeURIComponent(codes.backbone),
      'headwater-dims': String(dims),
    });
  },
);
