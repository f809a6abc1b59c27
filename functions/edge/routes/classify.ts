// Answers: what is in this image, and its code.

import { createRoute, z } from '@hono/zod-openapi';
import { tapOf } from '../../../lib/codes/index.ts';
import { ClassifyAnswer, CodesAnswer, CodesQuery, Name } from '../../../lib/contract/index.ts';
import { predict } from '../../../lib/heads/index.ts';
import { limits } from '../../../lib/image/index.ts';
import { createRouter, requireScope } from '../app.ts';
import { readBody } from '../body.ts';
import { currentHead } from '../current-head.ts';
import { imageBody, imageErrors, json } from './answers.ts';

export const classifyRoutes = createRouter();

classifyRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/heads/{head}/classify',
    operationId: 'classify',
    summary: "Classify an image with a head's stable version",
    middleware: [requireScope('infer')] as const,
    request: { params: z.object({ head: Name }), ...imageBody },
    responses: {
      200: json(ClassifyAnswer, 'Labels by probability; Headwater-Version names the version'),
      ...imageErrors,
    },
  }),
  async (c) => {
    const { head } = c.req.valid('param');
    const { coder, backbones } = c.var.services;
    const bytes = await readBody(c.req.raw, limits.maxImageBytes);
    const { current, stale } = await currentHead(c.var.services, head, (work) =>
      c.executionCtx.waitUntil(work),
    );
    const { backbone, taps, head: weights } = current.loaded;
    const { code } = await coder.code(bytes, await backbones.byDigest(backbone.name, backbone.digest), taps);
    c.header('headwater-version', String(current.version));
    if (stale) c.header('headwater-stale', 'true');
    return c.json({ head, version: current.version, predictions: predict(weights, code) }, 200);
  },
);

classifyRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/codes',
    operationId: 'codes',
    summary: 'The CNN code of an image',
    middleware: [requireScope('infer')] as const,
    request: { query: CodesQuery, ...imageBody },
    responses: {
      200: {
        description: 'The code, after the activation function',
        content: {
          'application/json': { schema: CodesAnswer },
          'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) },
        },
      },
      ...imageErrors,
    },
  }),
  async (c) => {
    const { backbone: name, tap } = c.req.valid('query');
    const { coder, backbones } = c.var.services;
    const bytes = await readBody(c.req.raw, limits.maxImageBytes);
    const backbone = await backbones.byName(name);
    const place = tapOf(backbone, tap);
    const { code } = await coder.code(bytes, backbone, [place]);
    // Float32Array is little-endian on every platform that runs this.
    if (c.req.header('accept')?.toLowerCase().includes('application/octet-stream'))
      return c.body(
        new Uint8Array(code.buffer, code.byteOffset, code.byteLength) as Uint8Array<ArrayBuffer>,
        200,
        {
          'content-type': 'application/octet-stream',
          'headwater-backbone': encodeURIComponent(backbone.name),
          'headwater-dims': String(code.length),
        },
      );
    const answer = { backbone: backbone.name, tap: tap ?? backbone.card.defaultTap, dims: code.length };
    return c.json({ ...answer, codes: [Array.from(code)] }, 200);
  },
);
