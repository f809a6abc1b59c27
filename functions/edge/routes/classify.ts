// Answers: what is in this image, and its code.

import { createRoute, z } from '@hono/zod-openapi';
import { ClassifyAnswer, CodesAnswer, CodesQuery, Name } from '../../../lib/contract/index.ts';
import { createRouter, requireScope } from '../app.ts';
import { classify, codeAt } from '../infer.ts';
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
    const behind = (work: Promise<void>) => c.executionCtx.waitUntil(work);
    const { stale, ...answer } = await c.var.services.bodies.withImage(c.req.raw, (bytes) =>
      classify(c.var.services, head, bytes, behind),
    );
    c.header('headwater-version', String(answer.version));
    if (stale) c.header('headwater-stale', 'true');
    return c.json(answer, 200);
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
    const { backbone, tap } = c.req.valid('query');
    const { code, ...answer } = await c.var.services.bodies.withImage(c.req.raw, (bytes) =>
      codeAt(c.var.services, bytes, backbone, tap),
    );
    // Float32Array is little-endian on every platform that runs this.
    if (c.req.header('accept')?.toLowerCase().includes('application/octet-stream'))
      return c.body(
        new Uint8Array(code.buffer, code.byteOffset, code.byteLength) as Uint8Array<ArrayBuffer>,
        200,
        {
          'content-type': 'application/octet-stream',
          'headwater-backbone': encodeURIComponent(answer.backbone),
          'headwater-dims': String(code.length),
        },
      );
    return c.json({ ...answer, dims: code.length, codes: [Array.from(code)] }, 200);
  },
);
