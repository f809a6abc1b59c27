// The edge Worker's entry: what people call.

import { createRouter, finish } from './app.ts';
import { backboneRoutes } from './routes/backbones.ts';
import { classifyRoutes } from './routes/classify.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { headRoutes } from './routes/heads.ts';
import { healthRoutes } from './routes/health.ts';
import { trainingRoutes } from './routes/trainings.ts';

const app = createRouter();
app.use(async (c, next) => {
  await next();
  c.header('x-content-type-options', 'nosniff');
});
for (const routes of [
  healthRoutes,
  datasetRoutes,
  trainingRoutes,
  headRoutes,
  classifyRoutes,
  backboneRoutes,
])
  app.route('/', routes);

app.openAPIRegistry.registerComponent('securitySchemes', 'key', { type: 'http', scheme: 'bearer' });
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
