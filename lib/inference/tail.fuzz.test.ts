// A network cut in two at any tap: its trunk's map, handed to a plan of what comes after, gives the whole network's
// codes. In float32 to the last bit, where the cut takes no layer from the batch-norm that would be folded into it; in
// integers about as near to float32 as the whole network is.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAtTaps, type Graph, inferShapes, optimise, type Tap, tailAfterTap } from '../graph/index.ts';
import { compilePlain } from './compile-node.ts';
import { Random } from './fixtures.ts';
import { choices, networkOf } from './network-testing.ts';
import type { ArithmeticKind } from './plan.ts';
import { calibrated } from './quantise/calibrated-testing.ts';
import { referenceCodes } from './reference.ts';

interface Cut {
  trunk: Graph;
  tail: Graph;
  from: Tap;
  /** Of the map between them. */
  side: number;
}

/** The network cut behind one of its layers, where nothing goes round the cut and the map is square. */
function cutSomewhere(graph: Graph, size: number, seed: number, least: number): Cut | undefined {
  const shapes = inferShapes(graph, size);
  const places = graph.ops.slice(0, -1).flatMap(({ name }): Cut[] => {
    const shape = shapes.get(name)!;
    if (shape.length !== 3 || shape[0] !== shape[1] || shape[2]! < least) return [];
    const from: Tap = { op: name, pooling: 'none' };
    try {
      const tail = cutAtTaps(tailAfterTap(graph, from, shape[2]!), [lastOf(graph)]).graph;
      return [{ trunk: graph, tail, from, side: shape[0]! }];
    } catch {
      return [];
    }
  });
  return places[seed % places.length];
}

const lastOf = ({ ops }: Graph): Tap => ({ op: ops.at(-1)!.name, pooling: 'avg' });

/** Whether the whole network's plan has a value where the cut is, whether somebody looks there or not. */
function isSeam({ trunk, from }: Cut): boolean {
  const names = (taps: Tap[]) => String(optimise(trunk, taps).graph.ops.map(({ name }) => name));
  return names([lastOf(trunk)]) === names([lastOf(trunk), from]);
}

/** Codes of one input by the whole network, and by trunk and tail. */
async function bothWays({ trunk, tail, from, side }: Cut, size: number, input: Float32Array) {
  const taps = [lastOf(trunk)];
  const options = { arithmetic: 'float32' as ArithmeticKind };
  const whole = await compilePlain(trunk, { ...options, size, taps });
  const first = await compilePlain(trunk, { ...options, size, taps: [from] });
  const second = await compilePlain(tail, { ...options, size: side, taps });
  const [map] = first.run(input);
  return { whole: whole.run(input)[0]!, map: map!, code: second.run(map!)[0]! };
}

/** Root mean square of the error, as a share of the largest number of a code. */
function error(expected: ArrayLike<number>, actual: Float32Array): number {
  const numbers = Array.from(expected);
  const peak = Math.max(1e-3, ...numbers.map(Math.abs));
  const squares = numbers.reduce((sum, x, i) => sum + (x - actual[i]!) ** 2, 0);
  return Math.sqrt(squares / numbers.length) / peak;
}

describe('a tail', () => {
  it('behind its trunk gives, in float32, the bits of the whole network', async () => {
    let cuts = 0;
    await fc.assert(
      fc.asyncProperty(choices, async ({ size, channels, seed, layers }) => {
        const random = new Random(seed);
        const graph = networkOf(layers, channels, size, random);
        const cut = cutSomewhere(graph, size, seed, 1);
        if (!cut) return;
        cuts++;
        const { whole, code } = await bothWays(cut, size, random.array(size * size * channels, 2));
        if (isSeam(cut)) expect(code).toEqual(whole);
        else expect(error(whole, code)).toBeLessThan(1e-5);
      }),
      { numRuns: 200 },
    );
    expect(cuts).toBeGreaterThan(50);
  });

  for (const [arithmetic, tolerance] of [
    ['int16', 0.02],
    ['int8', 0.25],
  ] as const)
    it(`is near float32 in ${arithmetic}, whatever layer comes first`, async () => {
      let cuts = 0;
      await fc.assert(
        fc.asyncProperty(choices, async ({ size, channels, seed, layers }) => {
          const random = new Random(seed);
          const graph = networkOf(layers, channels, size, random);
          const cut = cutSomewhere(graph, size, seed, 1);
          if (!cut) return;
          cuts++;
          const { map } = await bothWays(cut, size, random.array(size * size * channels, 2));
          const taps = [lastOf(graph)];
          const quantisation = await calibrated(cut.tail, cut.side, [map]);
          const plan = await compilePlain(cut.tail, { size: cut.side, taps, arithmetic, quantisation });
          const [expected] = referenceCodes(cut.tail, cut.side, taps, map);
          expect(error(expected!, plan.run(map)[0]!)).toBeLessThan(tolerance);
        }),
        { numRuns: 60 },
      );
      expect(cuts).toBeGreaterThan(10);
    });
});
