// The edge Worker's entry: what people call.

import { z } from '@hono/zod-openapi';
import { createRouter, everyRequest, finish } from './app.ts';
import { nameOrigin } from './cors.ts';
import { adviceRoutes } from './routes/advice.ts';
import { json } from './routes/answers.ts';
import { backboneRoutes } from './routes/backbones.ts';
import { classifyRoutes } from './routes/classify.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { endRoutes } from './routes/ends.ts';
import { garbageRoutes } from './routes/gc.ts';
import { headRoutes } from './routes/heads.ts';
import { healthRoutes } from './routes/health.ts';
import { keyRoutes } from './routes/keys.ts';
import { listRoutes } from './routes/lists.ts';
import { problemRoutes } from './routes/problems.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { trainingRoutes } from './routes/trainings.ts';

const app = createRouter();
app.use(everyRequest);
app.use(nameOrigin);
for (const routes of [
  healthRoutes,
  datasetRoutes,
  trainingRoutes,
  headRoutes,
  classifyRoutes,
  adviceRoutes,
  backboneRoutes,
  keyRoutes,
  tokenRoutes,
  listRoutes,
  endRoutes,
  garbageRoutes,
  problemRoutes,
])
  app.route('/', routes);

app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
app.openAPIRegistry.registerPath({
  method: 'get',
  path: '/openapi.json',
  operationId: 'openApi',
  security: [],
  summary: 'This document',
  responses: { 200: json(z.looseObject({ openapi: z.string() }), 'OpenAPI 3.1') },
});
app.doc31('/openapi.json', {
  openapi: '3.1.0',
  info: {
    title: 'Headwater',
    version: '1',
    description:
      'Image transfer learning at the edge. Errors are application/problem+json with a stable type.',
  },
  security: [{ key: [] }],
});

export default finish(app);
