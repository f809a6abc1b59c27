// What every implementation of `compile` promises, as one suite: each op against its definition, taps, memory.
// Run it on each arithmetic and in each runtime.

import { describe, expect, it } from 'vitest';
import type { Op, Tap } from '../graph/index.ts';
import { sha256 } from '../tensors/index.ts';
import { type Check, opConformance } from './conformance-ops.ts';
import { graphOf, type Layer, Random, twoConvolutions } from './fixtures.ts';
import type { Compile } from './plan.ts';
import { referenceCodes } from './reference.ts';

/** Largest error allowed, relative to the largest value of a code. */
const tolerance = 2e-5;

/**
 * The suite. `compile` is called within the tests only.
 *
 * @param bits the kernel revision and, where the kernels give the same bits on every CPU, the SHA-256 of one code:
 * whoever changes the bits has to give the kernels another revision
 */
export function planConformance(compile: Compile, bits: { kernelRevision: string; digest?: string }): void {
  const check: Check = async (graph, size, taps, random) => {
    const input = random.array(size * size * graph.input.channels, 3);
    const expected = referenceCodes(graph, size, taps, input);
    const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
    const actual = plan.run(input);
    plan.dispose();
    expected.forEach((code, i) => {
      expectClose(actual[i]!, code);
    });
  };

  opConformance(check);

  describe('reads taps', () => {
    it('in the order asked for, pooled or not, in one pass, and tells their shapes', async () => {
      const random = new Random(3);
      const graph = twoConvolutions(random);
      const taps: Tap[] = [
        { op: 'op3', pooling: 'avg' },
        { op: 'op0', pooling: 'none' },
        { op: 'op1', pooling: 'avg' },
        { op: 'op3', pooling: 'none' },
      ];
      await check(graph, 9, taps, random);
      const plan = await compile(graph, { size: 9, taps, arithmetic: 'float32' });
      expect(plan.inputShape).toEqual([9, 9, 3]);
      expect(plan.outputShapes).toEqual([[4], [5, 5, 6], [6], [3, 3, 4]]);
      plan.dispose();
    });

    it('before the activation function, on request', async () => {
      const random = new Random(8);
      const graph = twoConvolutions(random);
      const taps: Tap[] = [
        { op: 'op1', pooling: 'none', pre: true },
        { op: 'op0', pooling: 'none' },
        { op: 'op1', pooling: 'none' },
      ];
      const plan = await compile(graph, { size: 9, taps, arithmetic: 'float32' });
      const [before, convolved, after] = plan.run(random.array(243, 3)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      expect(before).toEqual(convolved);
      expect(after).toEqual(before.map((x) => Math.min(6, Math.max(0, x))));
      expect(after).not.toEqual(before);
      plan.dispose();
    });

    it('of a network with shortcuts, where a value is read long after it was made', async () => {
      const random = new Random(9);
      const layers: Layer[] = [
        {
          op: 'conv2d',
          attrs: { padding: 'same', activation: 'relu' },
          weights: { kernel: random.weight(3, 3, 3, 3) },
        },
        { op: 'conv2d', attrs: { padding: 'same' }, weights: { kernel: random.weight(3, 3, 3, 3) } },
        { op: 'add', inputs: ['op1', 'op0'] },
        { op: 'activation', attrs: { activation: 'swish' } },
        { op: 'concat', inputs: ['op3', 'input', 'op0', 'op3'] },
      ];
      const taps = ['op4', 'op2', 'op0'].map((op): Tap => ({ op, pooling: 'none' }));
      await check(graphOf(3, layers), 7, taps, random);
    });

    it('and needs nothing behind the last one', async () => {
      const random = new Random(4);
      const graph = twoConvolutions(random);
      const bound: Op = { name: 'bound', op: 'reshape', inputs: ['op3'], attrs: { shape: [7] }, weights: {} };
      const options = {
        size: 9,
        taps: [{ op: 'op3', pooling: 'avg' as const }],
        arithmetic: 'float32' as const,
      };
      const plan = await compile({ ...graph, ops: [...graph.ops, bound] }, options);
      expect(plan.run(random.array(243, 1))[0]).toHaveLength(4);
      plan.dispose();
    });

    it('gives the same bits every time and in every runtime, as its kernel revision says', async () => {
      const random = new Random(5);
      const graph = twoConvolutions(random);
      const input = random.array(9 * 9 * 3, 1);
      const options = {
        size: 9,
        taps: [{ op: 'op3', pooling: 'avg' as const }],
        arithmetic: 'float32' as const,
      };
      const [first, second] = [await compile(graph, options), await compile(graph, options)];
      const code = first.run(input);
      expect(second.run(input)).toEqual(code);
      expect(first.run(input)).toEqual(code);
      const digest = await sha256(new Uint8Array(code[0]!.buffer));
      expect({ kernelRevision: first.kernelRevision, digest }).toMatchObject(bits);
      first.dispose();
      second.dispose();
    });
  });

  describe('refuses', () => {
    const options = {
      size: 9,
      taps: [{ op: 'op3', pooling: 'avg' as const }],
      arithmetic: 'float32' as const,
    };

    it('an input of another size', async () => {
      const plan = await compile(twoConvolutions(new Random(6)), options);
      expect(() => plan.run(new Float32Array(8 * 8 * 3))).toThrow(/243 values/);
      plan.dispose();
    });

    it('to run once disposed of', async () => {
      const plan = await compile(twoConvolutions(new Random(6)), options);
      plan.dispose();
      plan.dispose();
      expect(() => plan.run(new Float32Array(243))).toThrow(/disposed/);
      expect(plan.bytes).toBe(0);
    });

    it('a plan without taps, or at a layer that is not there', async () => {
      const graph = twoConvolutions(new Random(6));
      await expect(compile(graph, { ...options, taps: [] })).rejects.toThrow(/tap/);
      await expect(compile(graph, { ...options, taps: [{ op: 'nowhere', pooling: 'avg' }] })).rejects.toThrow(
        /nowhere/,
      );
    });
  });
}

function expectClose(actual: Float32Array, expected: number[]): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0);
  // NaN is close to nothing.
  expect(worst <= tolerance * scale, `off by ${worst} of ${scale}`).toBe(true);
}
