// `npm test`: builds what is missing, then types, lint, import directions and every test. Arguments go to vitest.

import { spawnSync } from 'node:child_process';
import { buildBackbone } from './build-backbone.ts';
import { buildDecoders } from './build-decoders.ts';
import { buildKernels } from './build-kernels.ts';

await buildKernels();
await buildDecoders();
await buildBackbone();

const args = process.argv.slice(2);
const checks: [string, string[]][] = [
  ['tsc', ['--noEmit', '-p', '.']],
  ['biome', ['check', '.']],
  ['vitest', ['run', ...args]],
];

for (const [command, parameters] of args.length > 0 ? checks.slice(-1) : checks) {
  console.log(`\n> ${command} ${parameters.join(' ')}`);
  const { status } = spawnSync(command, parameters, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
