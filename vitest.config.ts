// Four projects: `pure` and `unit` run in Node, `workerd` inside the Workers runtime (files named *.workerd.test.ts),
// `e2e` against real processes, two files at a time, after the others. Files of `pure` share a process and its modules,
// which saves loading them two hundred times: what they test keeps no state, and replaces no module.

import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

// Miniflare would otherwise fetch a sample of request.cf from the network, and wrangler report usage.
process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
process.env.WRANGLER_SEND_METRICS ??= 'false';

/** Folders of functions from data to data. */
const pure =
  'lib/{contract,datasets,errors,graph,heads,image,jobs,linalg,registry,storage,tensors,trust,advice}/**/*.test.ts';
const elsewhere = ['**/*.workerd.test.ts', '**/node_modules/**'];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          environment: 'node',
          include: [pure],
          exclude: elsewhere,
          isolate: false,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{lib,functions,cli,scripts}/**/*.test.ts', 'test/unit/**/*.test.ts'],
          exclude: [pure, ...elsewhere],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './test/workerd/wrangler.toml' } })],
        test: {
          name: 'workerd',
          include: ['{lib,functions}/**/*.workerd.test.ts', 'test/workerd/**/*.workerd.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // Two stacks at a time: each waits for its own processes about as often as it computes.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
