// Pieces of route descriptions that every file of routes uses.

import { z } from '@hono/zod-openapi';
import type { ZodType } from 'zod';
import { ProblemSchema } from '../../../lib/contract/index.ts';
import { formLimits } from '../multipart.ts';

/** An error answer. */
export const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ProblemSchema } },
});

/** A JSON answer. */
export const json = <T extends ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** Errors that any route with a key may give. */
export const errors = {
  400: problem('The request is malformed'),
  401: problem('No key, or an unknown one'),
  404: problem('There is no such thing'),
  403: problem('The key lacks the scope'),
  409: problem('It does not fit what there is'),
  500: problem('A fault of Headwater; its log has the cause'),
  502: problem('Something stored was refused: its signature, digest or sequence is wrong'),
  503: problem('Try again after Retry-After'),
};

/** Errors of routes that take a JSON body. */
export const jsonErrors = { ...errors, 413: problem('Too many bytes') };

/** Errors of routes that take a JSON body and an Idempotency-Key. */
export const idempotencyErrors = {
  ...jsonErrors,
  422: problem('The Idempotency-Key was used for another request'),
};

/** Errors of routes that take an image. */
export const imageErrors = {
  ...errors,
  413: problem('Too many bytes'),
  415: problem('Not a format that is read here'),
  422: problem('Damaged, or too many pixels'),
};

export const imageBody = {
  body: { required: true, content: { 'image/*': { schema: z.string().openapi({ format: 'binary' }) } } },
};

/** An image, or a form of several. The form's schema is plain data: a zod schema would have the whole form read, and
 *  held, before its handler begins. */
export const imagesBody = {
  body: {
    required: true,
    content: {
      ...imageBody.body.content,
      'multipart/form-data': {
        schema: {
          type: 'object' as const,
          properties: {
            image: {
              type: 'array' as const,
              maxItems: formLimits.maxImages,
              items: { type: 'string' as const, format: 'binary' },
            },
          },
        },
      },
    },
  },
};

/** For whoever has sent the tag of the answer in If-None-Match. */
export const notModified = { description: 'The answer is the one that you have' };
