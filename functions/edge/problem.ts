// Errors → application/problem+json (RFC 9457), in one place. What is not a HeadwaterError is logged and told
// as `internal`, without its text.

import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ZodError } from 'zod';
import { type ErrorData, HeadwaterError, problems, toErrorData } from '../../lib/errors/index.ts';
import { wordsOf } from './issue-words.ts';

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Cannot be processed',
  429: 'Too many requests',
  500: 'Internal error',
  502: 'Bad upstream',
  503: 'Unavailable',
};

/** An error in the words of RFC 9457, for a whole answer or for one item of it. */
export function problemOf({ type, detail, facts }: ErrorData) {
  const status = problems[type];
  return { type: `/problems/${type}`, title: titles[status] ?? 'Error', status, detail, ...facts };
}

/** The answer that tells a caller of an error. */
export function problemResponse(error: unknown, c: Context): Response {
  if (!(error instanceof HeadwaterError) && !(error instanceof HTTPException)) console.error(error);
  const data = toErrorData(error instanceof HTTPException ? fromHttpException(error) : error);
  const { status } = problemOf(data);
  const body = { ...problemOf(data), instance: new URL(c.req.url).pathname };
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
  };
  const { retryAfterSeconds = status === 503 ? 1 : undefined } = data.facts ?? {};
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  if (Array.isArray(data.facts?.allow)) headers.allow = data.facts.allow.join(', ');
  if (status === 401) headers['www-authenticate'] = 'Bearer realm="headwater"';
  return new Response(JSON.stringify(body), { status, headers });
}

function fromHttpException(error: HTTPException): HeadwaterError {
  if (error.status === 400)
    return new HeadwaterError('invalid-json', 'The body is not JSON. Send a JSON object.');
  return new HeadwaterError('bad-request', error.message || 'The request cannot be understood.');
}

/** A request that its schema refuses: which field, and why. */
export function fromZodError(error: ZodError, target: string): HeadwaterError {
  const [issue] = error.issues;
  const field = issue?.path.join('.') || (target === 'json' ? 'body' : target);
  const inName = target === 'param' || /^a name has/.test(issue?.message ?? '');
  const words = issue && wordsOf(issue);
  return new HeadwaterError(
    inName ? 'invalid-name' : 'bad-request',
    words ? `"${field}" ${words}.` : `"${field}": ${issue?.message ?? 'not as the API describes it'}.`,
    { field },
  );
}
