// Random networks on our own engine, both builds, against the definitions of the ops and against tfjs.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Graph, Tap } from '../graph/index.ts';
import { compileWith } from './compile-node.ts';
import { Random } from './fixtures.ts';
import { builds } from './kernels/node-testing.ts';
import { choices, networkOf } from './network-testing.ts';
import { referenceCodes } from './reference.ts';
import { compile as compileTfjs } from './tfjs/compile-node.ts';

/** Relative to the largest number of a code; float32 rounds at every layer, the reference does not. */
const tolerance = 1e-4;

it('gives the codes of any network, with shortcuts, joins, groups and several taps, as its ops are defined', async () => {
  await fc.assert(
    fc.asyncProperty(choices, async ({ size, channels, seed, layers }) => {
      const random = new Random(seed);
      const graph = networkOf(layers, channels, size, random);
      const input = random.array(size * size * channels, 2);
      const taps = tapsOf(graph, seed);
      const expected = referenceCodes(graph, size, taps, input);
      for (const [name, module] of builds) {
        const plan = await compileWith(module)(graph, { size, taps, arithmetic: 'float32' });
        const first = plan.run(input);
        expectClose(first, expected, name);
        // What a run leaves behind may not show in the next.
        plan.run(random.array(size * size * channels, 1e6));
        expect(plan.run(input)).toEqual(first);
      }
    }),
    { numRuns: 250 },
  );
});

it('agrees with tfjs on networks', async () => {
  await fc.assert(
    fc.asyncProperty(choices, async ({ size, channels, seed, layers }) => {
      const random = new Random(seed);
      const graph = networkOf(layers, channels, size, random);
      const input = random.array(size * size * channels, 2);
      const taps = tapsOf(graph, seed);
      const oracle = await compileTfjs(graph, { size, taps, arithmetic: 'float32' });
      const expected = oracle.run(input);
      oracle.dispose();
      for (const [name, module] of builds)
        expectClose(
          (await compileWith(module)(graph, { size, taps, arithmetic: 'float32' })).run(input),
          expected,
          name,
        );
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

function expectClose(actual: Float32Array[], expected: ArrayLike<number>[], build: string): void {
  expected.forEach((code, i) => {
    expect(actual[i]).toHaveLength(code.length);
    const scale = Math.max(1, ...Array.from(code, Math.abs));
    const worst = Array.from(code).reduce(
      (most, value, j) => Math.max(most, Math.abs(value - actual[i]![j]!)),
      0,
    );
    expect(worst <= tolerance * scale, `${build}, tap ${i}: off by ${worst} of ${scale}`).toBe(true);
  });
}
