// Random networks of all ops in both integer arithmetics: near float32, and the same bits in both builds.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Graph, Tap } from '../../graph/index.ts';
import { compileWith } from '../compile-node.ts';
import { Random } from '../fixtures.ts';
import { builds } from '../kernels/node-testing.ts';
import { choices, networkOf } from '../network-testing.ts';
import { referenceCodes } from '../reference.ts';
import { calibrated } from './calibrated-testing.ts';

/** Root mean square of the error, as a share of the largest number of a code: nine layers deep, on weights that let
 *  random networks' errors grow as they like. */
const tolerance = { int16: 0.02, int8: 0.25 };

for (const arithmetic of ['int16', 'int8'] as const)
  it(`${arithmetic} gives the codes of any network, nearly, and the same bits in both builds`, async () => {
    await fc.assert(
      fc.asyncProperty(choices, async ({ size, channels, seed, layers }) => {
        const random = new Random(seed);
        const graph = networkOf(layers, channels, size, random);
        const input = random.array(size * size * channels, 2);
        const taps = tapsOf(graph, seed);
        const quantisation = await calibrated(graph, size, [input]);
        const expected = referenceCodes(graph, size, taps, input);
        const [plain, relaxed] = await Promise.all(
          builds.map(async ([, module]) => {
            const plan = await compileWith(module)(graph, { size, taps, arithmetic, quantisation });
            return plan.run(input);
          }),
        );
        expect(relaxed).toEqual(plain);
        expected.forEach((code, i) => {
          expect(plain![i]).toHaveLength(code.length);
          expect(error(code, plain![i]!), `tap ${i}`).toBeLessThan(tolerance[arithmetic]);
        });
      }),
      { numRuns: 60 },
    );
  });

/** The last layer and another one, pooled and not. */
function tapsOf({ ops }: Graph, seed: number): Tap[] {
  const [last, other] = [ops.at(-1)!.name, ops[seed % ops.length]!.name];
  return [
    { op: last, pooling: 'none' },
    { op: other, pooling: 'avg' },
    { op: other, pooling: 'none' },
  ];
}

function error(expected: number[], actual: Float32Array): number {
  const peak = Math.max(1e-3, ...expected.map(Math.abs));
  const squares = expected.reduce((sum, x, i) => sum + (x - actual[i]!) ** 2, 0);
  return Math.sqrt(squares / expected.length) / peak;
}
