// Short-lived tokens, for phones and pages that must not hold a key.

import { createRoute } from '@hono/zod-openapi';
import { TokenAnswer, TokenRequest, unwrap } from '../../../lib/contract/index.ts';
import { bindingOf, makerOf, requireRight, requireWithin } from '../../../lib/trust/index.ts';
import { createRouter, jsonBody } from '../app.ts';
import { requireKey } from '../auth.ts';
import { idempotentSecret } from '../idempotency.ts';
import { idempotencyErrors, json } from './answers.ts';

export const tokenRoutes = createRouter();

tokenRoutes.openapi(
  createRoute({
    method: 'post',
    path: '/v1/tokens',
    operationId: 'createToken',
    summary: 'Make a token that lives an hour at most; needs a key with the scope in question',
    middleware: [requireKey, jsonBody, idempotentSecret] as const,
    request: { body: { required: true, content: { 'application/json': { schema: TokenRequest } } } },
    responses: { 201: json(TokenAnswer, 'The token'), ...idempotencyErrors },
  }),
  async (c) => {
    const { services, principal, claim } = c.var;
    const request = c.req.valid('json');
    const binding = bindingOf(request);
    // Without a binding of its own a token has its issuer's.
    if (binding) await requireWithin(principal, [request.scope], binding, services.headDatasets.of);
    else requireRight(principal, request.scope);
    const { token, expires, ringChanged } = unwrap(
      await services.control.mintToken(request, makerOf(principal), claim ?? null),
    );
    if (ringChanged) services.ringCache.changed();
    return c.json({ token, expires: new Date(expires).toISOString() }, 201);
  },
);
