import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../errors/index.ts';
import type { ActivationKind, Graph, Tap } from '../../graph/index.ts';
import { randomQuantised } from '../../graph/testing.ts';
import { compile, compileWith } from '../compile-node.ts';
import { graphOf, type Layer, Random } from '../fixtures.ts';
import { builds } from '../kernels/node-testing.ts';
import { prepare } from '../lower/prepare.ts';
import { referenceCodes } from '../reference.ts';
import { calibrated } from './calibrated-testing.ts';
import { integer } from './integer.ts';
import { interpret } from './interpreter-testing.ts';

const size = 9;

const block = fc.record({
  kind: fc.constantFrom('conv', 'depthwise', 'residual', 'grouped', 'maxPool', 'concat', 'slice'),
  channels: fc.integer({ min: 1, max: 19 }),
  activation: fc.constantFrom<ActivationKind | undefined>(undefined, 'relu', 'relu6'),
  strided: fc.boolean(),
  fromFile: fc.boolean(),
});
type Block = typeof block extends fc.Arbitrary<infer T> ? T : never;

/** A network of these blocks behind a first convolution to four channels. */
function networkOf(blocks: Block[], random: Random, seed: number): Graph {
  const layers: Layer[] = [];
  let from = 'input';
  let channels = 3;
  const push = (layer: Layer) => {
    layers.push({ ...layer, inputs: layer.inputs ?? [from] });
    from = `op${layers.length - 1}`;
    return from;
  };
  const next = () => random.array(1, 1)[0]!;
  for (const { kind, channels: wanted, activation, strided, fromFile } of blocks) {
    const acts = activation ? { activation } : {};
    const stride: [number, number] = strided ? [2, 2] : [1, 1];
    const weight = (...shape: number[]) =>
      fromFile ? whole(randomQuantised(shape, next), seed) : random.weight(...shape);
    if (kind === 'conv') {
      push({
        op: 'conv2d',
        attrs: { ...acts, stride, padding: 'same' },
        weights: { kernel: weight(3, 3, channels, wanted), bias: random.weight(wanted) },
      });
      channels = wanted;
    } else if (kind === 'depthwise' || kind === 'grouped') {
      const groups = kind === 'depthwise' ? channels : ([3, 2].find((g) => channels % g === 0) ?? 1);
      push({
        op: 'conv2d',
        attrs: { ...acts, stride, groups, padding: 'same' },
        weights: { kernel: weight(3, 3, channels / groups, channels), bias: random.weight(channels) },
      });
    } else if (kind === 'residual') {
      const shortcut = from;
      const sum = push({ op: 'conv2d', weights: { kernel: weight(1, 1, channels, channels) } });
      push({ op: 'add', attrs: acts, inputs: [sum, shortcut] });
    } else if (kind === 'maxPool')
      push({ op: 'maxPool', attrs: { window: [3, 3], stride: [1, 1], padding: 'same' } });
    else if (kind === 'concat') {
      const trunk = from;
      const one = push({
        op: 'conv2d',
        attrs: acts,
        inputs: [trunk],
        weights: { kernel: weight(1, 1, channels, 8) },
      });
      const other = push({
        op: 'conv2d',
        attrs: acts,
        inputs: [trunk],
        weights: { kernel: weight(1, 1, channels, wanted) },
      });
      push({ op: 'concat', inputs: [one, other] });
      channels = 8 + wanted;
    } else {
      push({ op: 'channelSlice', attrs: { start: 0, count: Math.ceil(channels / 2) } });
      channels = Math.ceil(channels / 2);
    }
  }
  return graphOf(3, layers);
}

/** Integral zero points, as files have them. */
function whole(weight: ReturnType<typeof randomQuantised>, seed: number) {
  return weight.kind === 'quantised' ? { ...weight, zeroPoint: Float32Array.of(100 + (seed % 50)) } : weight;
}

const networks = fc.record({
  blocks: fc.array(block, { minLength: 1, maxLength: 6 }),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
});

for (const arithmetic of ['int16', 'int8'] as const)
  describe(arithmetic, () => {
    it('gives, in both builds, the bits that its formats and integers mean in plain loops', async () => {
      await fc.assert(
        fc.asyncProperty(networks, async ({ blocks, seed }) => {
          const random = new Random(seed);
          const graph = networkOf(blocks, random, seed);
          const taps: Tap[] = [{ op: graph.ops.at(-1)!.name, pooling: 'none' }];
          const inputs = [1, 2].map(() => random.array(size * size * 3, 2));
          const quantisation = await calibrated(graph, size, inputs.slice(0, 1));
          const options = { size, taps, arithmetic, quantisation };
          const prepared = prepare(graph, taps, size);
          const plain = integer(prepared, graph, options);
          for (const input of inputs) {
            const expected = interpret(prepared, plain, input, prepared.outputs[0]!);
            for (const [, module] of builds)
              expect((await compileWith(module)(graph, options)).run(input)).toEqual([expected]);
          }
        }),
        { numRuns: 60 },
      );
    });

    it('needs a quantisation, and one of this network', async () => {
      const graph = graphOf(3, [{ op: 'conv2d', weights: { kernel: new Random(1).weight(1, 1, 3, 4) } }]);
      const options = { size, taps: [{ op: 'op0', pooling: 'avg' as const }], arithmetic };
      const other = { digest: 'x', values: new Map() };
      for (const quantisation of [undefined, other])
        await expect(compile(graph, { ...options, quantisation })).rejects.toThrow(HeadwaterError);
    });

    it('runs on where a value was not measured, on the range that it can have at all', async () => {
      const random = new Random(6);
      const graph = graphOf(3, [
        { op: 'conv2d', attrs: { activation: 'relu' }, weights: { kernel: random.weight(3, 3, 3, 16) } },
        { op: 'conv2d', attrs: { activation: 'swish' }, weights: { kernel: random.weight(1, 1, 16, 8) } },
        { op: 'conv2d', weights: { kernel: random.weight(1, 1, 8, 8) } },
      ]);
      const taps: Tap[] = [
        { op: 'op0', pooling: 'none', pre: true },
        { op: 'op2', pooling: 'none' },
      ];
      const input = random.array(size * size * 3, 1);
      const { values } = await calibrated(graph, size, [input]);
      const quantisation = { digest: 'x', values: new Map([['input', values.get('input')!]]) };
      const plan = await compile(graph, { size, taps, arithmetic, quantisation });
      const float = await compile(graph, { size, taps, arithmetic: 'float32' });
      const expected = float.run(input);
      plan.run(input).forEach((code, i) => {
        const peak = Math.max(...expected[i]!.map(Math.abs));
        const worst = Math.max(...code.map((x, j) => Math.abs(x - expected[i]![j]!)));
        expect(worst / peak).toBeLessThan(arithmetic === 'int16' ? 0.02 : 0.2);
      });
    });

    it('runs on however long a chain of what was not measured is', async () => {
      const kernel = new Random(8).weight(1, 1, 3, 3);
      const graph = graphOf(3, [
        ...Array<Layer>(4000).fill({ op: 'softmax' }),
        { op: 'conv2d', weights: { kernel } },
      ]);
      const quantisation = {
        digest: 'x',
        values: new Map([['input', { lo: -1, hi: 1, least: -1, most: 1 }]]),
      };
      const taps: Tap[] = [{ op: 'op4000', pooling: 'avg' }];
      const plan = await compile(graph, { size: 2, taps, arithmetic, quantisation });
      const sums = [0, 1, 2].map((o) => (kernel.data[o]! + kernel.data[o + 3]! + kernel.data[o + 6]!) / 3);
      plan.run(new Float32Array(12))[0]!.forEach((x, o) => {
        expect(x).toBeCloseTo(sums[o]!, 1);
      });
    });

    it('overflows on no statistics, however little means and ranges have to do with each other', async () => {
      const magnitude = fc.constantFrom(0, 1e-45, 1e-30, 1e-3, 1, 1e3, 1e30, 3e38).map(Math.fround);
      const claims = fc.array(fc.tuple(magnitude, magnitude, magnitude, fc.boolean()), {
        minLength: 9,
        maxLength: 9,
      });
      await fc.assert(
        fc.asyncProperty(networks, claims, async ({ blocks, seed }, claimed) => {
          const random = new Random(seed);
          const graph = networkOf(blocks, random, seed);
          const taps: Tap[] = [{ op: graph.ops.at(-1)!.name, pooling: 'none' }];
          const input = random.array(size * size * 3, 2);
          const { values: honest } = await calibrated(graph, size, [input]);
          const values = new Map(
            [...honest].map(([name, { mean, ...range }], i) => {
              const [a, b, c, lies] = claimed[i % claimed.length]!;
              const lie = {
                lo: -Math.min(a, b),
                hi: Math.min(b, c),
                least: -Math.max(a, b),
                most: Math.max(b, c),
              };
              const means = mean && { mean: lies ? mean.map((_, k) => (k % 2 ? 1e30 : -a)) : mean };
              return [name, { ...(lies ? lie : range), ...means }] as const;
            }),
          );
          const options = { size, taps, arithmetic, quantisation: { digest: 'x', values } };
          const prepared = prepare(graph, taps, size);
          const expected = interpret(
            prepared,
            integer(prepared, graph, options),
            input,
            prepared.outputs[0]!,
          );
          for (const [, module] of builds)
            expect((await compileWith(module)(graph, options)).run(input)).toEqual([expected]);
        }),
        { numRuns: 40 },
      );
    });

    it('may meet a picture unlike any that it was calibrated on: what is too large is clipped', async () => {
      const random = new Random(7);
      const graph = networkOf(
        Array.from({ length: 3 }, () => ({
          kind: 'conv' as const,
          channels: 8,
          activation: 'relu' as const,
          strided: false,
          fromFile: false,
        })),
        random,
        7,
      );
      const taps: Tap[] = [{ op: 'op2', pooling: 'none' }];
      const input = random.array(size * size * 3, 1);
      const quantisation = await calibrated(graph, size, [input]);
      const plan = await compile(graph, { size, taps, arithmetic, quantisation });
      const [usual] = referenceCodes(graph, size, taps, input);
      const [extreme] = plan.run(input.map((x) => x * 1e30));
      expect(extreme!.every(Number.isFinite)).toBe(true);
      expect(Math.max(...extreme!)).toBeLessThanOrEqual(1.3 * Math.max(...usual!));
    });
  });
