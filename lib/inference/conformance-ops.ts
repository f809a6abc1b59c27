// The part of the conformance suite that holds each op against its definition, on random small shapes.

import fc from 'fast-check';
import { describe, it } from 'vitest';
import type { Graph, OpAttrs, OpKind, Tap, Weight } from '../graph/index.ts';
import { graphOf, type Layer, Random, type Weights } from './fixtures.ts';

/** Compiles and runs the graph on a random input and compares its codes with the definitions'. */
export type Check = (graph: Graph, size: number, taps: Tap[], random: Random) => Promise<void>;

const activationKinds = [
  'relu',
  'relu6',
  'sigmoid',
  'swish',
  'hardSwish',
  'hardSigmoid',
  'leakyRelu',
  'tanh',
] as const;
const kinds = () => fc.constantFrom(undefined, ...activationKinds);

const side = fc.integer({ min: 1, max: 9 });
const channel = fc.integer({ min: 1, max: 9 });
const seed = fc.integer({ min: 1, max: 2 ** 30 });
const small = fc.integer({ min: 1, max: 3 });
const padding = fc.oneof(
  fc.constant('same' as const),
  fc.constant('valid' as const),
  fc.record({ top: fc.nat(2), right: fc.nat(2), bottom: fc.nat(2), left: fc.nat(2) }),
);
const stride = fc.tuple(small, small);

/** Every op, attribute and activation. */
export function opConformance(check: Check): void {
  const checkOne = (
    op: OpKind,
    size: number,
    channels: number,
    attrs: OpAttrs,
    weights: Weights,
    random: Random,
  ) => check(graphOf(channels, [{ op, attrs, weights }]), size, [{ op: 'op0', pooling: 'none' }], random);

  describe('computes each op as it is defined', () => {
    it('conv2d: stride, padding, dilation, groups, bias and every activation', async () => {
      const options = { groups: small, perGroup: small, multiplier: small, kh: small, kw: small, seed };
      const more = {
        stride,
        dilation: fc.tuple(small, small),
        padding,
        bias: fc.boolean(),
        activation: kinds(),
      };
      await fc.assert(
        fc.asyncProperty(
          fc.record({ ...options, ...more, size: fc.integer({ min: 7, max: 11 }) }),
          async (o) => {
            const random = new Random(o.seed);
            const attrs = {
              groups: o.groups,
              stride: o.stride,
              dilation: o.dilation,
              padding: o.padding,
              activation: o.activation,
            };
            const cout = o.groups * o.multiplier;
            const weights: Weights = { kernel: random.weight(o.kh, o.kw, o.perGroup, cout) };
            if (o.bias) weights.bias = random.weight(cout);
            await checkOne('conv2d', o.size, o.groups * o.perGroup, attrs, weights, random);
          },
        ),
        { numRuns: 60 },
      );
    });

    it('maxPool and avgPool: window, stride, padding, ceil mode, padding counted or not', async () => {
      const options = {
        op: fc.constantFrom('maxPool', 'avgPool'),
        window: fc.tuple(small, small),
        stride,
        seed,
      };
      const more = {
        ceil: fc.boolean(),
        countPadding: fc.boolean(),
        channel,
        size: fc.integer({ min: 4, max: 11 }),
      };
      const pads = fc.oneof(
        fc.constantFrom('same' as const, 'valid' as const),
        fc.constant('explicit' as const),
      );
      await fc.assert(
        fc.asyncProperty(fc.record({ ...options, ...more, pads, reach: fc.nat(2) }), async (o) => {
          // A window that lies in the padding alone has no maximum and no mean.
          const y = Math.min(o.reach, o.window[0] - 1);
          const x = Math.min(o.reach, o.window[1] - 1);
          const padding = o.pads === 'explicit' ? { top: y, bottom: y, left: x, right: x } : o.pads;
          const attrs = {
            window: o.window,
            stride: o.stride,
            padding,
            ceil: o.ceil,
            countPadding: o.countPadding,
          };
          await checkOne(o.op as OpKind, o.size, o.channel, attrs, {}, new Random(o.seed));
        }),
        { numRuns: 80 },
      );
    });

    it('activation, lrn, softmax, globalAvgPool, flatten, reshape, pad, batchNorm', async () => {
      const one: [OpKind, OpAttrs][] = [
        ['lrn', { size: 5, alpha: 0.3, beta: 0.75, bias: 1.5 }],
        ['lrn', { size: 3, alpha: 0.1, beta: 0.5, bias: 1 }],
        ['softmax', {}],
        ['globalAvgPool', {}],
        ['flatten', {}],
        ['reshape', { shape: [-1] }],
        ['pad', { padding: { top: 1, right: 0, bottom: 2, left: 3 }, value: 1.5 }],
        ['activation', { activation: 'leakyRelu', alpha: 0.3 }],
        ...activationKinds.map((activation): [OpKind, OpAttrs] => ['activation', { activation }]),
      ];
      await fc.assert(
        fc.asyncProperty(side, channel, seed, fc.constantFrom(...one), async (size, c, seed, [op, attrs]) => {
          await checkOne(op, size, c, attrs, {}, new Random(seed));
        }),
        { numRuns: 120 },
      );
      const random = new Random(7);
      const [gamma, beta, mean] = [random.weight(5), random.weight(5), random.weight(5)];
      const variance = { ...random.weight(5), data: new Float32Array([0.1, 1, 2, 3, 4]) } as Weight;
      await checkOne('batchNorm', 4, 5, { epsilon: 1e-3 }, { gamma, beta, mean, variance }, random);
    });

    it('channelShuffle and channelSlice', async () => {
      await fc.assert(
        fc.asyncProperty(side, small, small, fc.nat(8), seed, async (size, groups, members, at, seed) => {
          const channels = groups * members;
          const start = at % channels;
          const count = 1 + (at % (channels - start));
          const random = new Random(seed);
          await checkOne('channelShuffle', size, channels, { groups }, {}, random);
          await checkOne('channelSlice', size, channels, { start, count }, {}, random);
        }),
        { numRuns: 25 },
      );
    });

    it('dense, on the flattened map', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 4 }),
          channel,
          channel,
          kinds(),
          seed,
          async (size, c, n, activation, seed) => {
            const random = new Random(seed);
            const weights = { kernel: random.weight(size * size * c, n), bias: random.weight(n) };
            const layers: Layer[] = [{ op: 'flatten' }, { op: 'dense', attrs: { activation }, weights }];
            await check(graphOf(c, layers), size, [{ op: 'op1', pooling: 'avg' }], random);
          },
        ),
        { numRuns: 25 },
      );
    });

    it('add, mul and concat, of two values or with a constant', async () => {
      const ops = fc.constantFrom<OpKind>('add', 'mul', 'concat');
      await fc.assert(
        fc.asyncProperty(
          ops,
          side,
          channel,
          fc.constantFrom('map', 'vector', 'constant'),
          seed,
          async (op, size, c, other, seed) => {
            const random = new Random(seed);
            const join: Layer =
              other === 'constant' && op !== 'concat'
                ? { op, weights: { constant: random.weight(c) } }
                : { op, inputs: ['input', 'op0'] };
            const first: OpKind = other === 'vector' && op !== 'concat' ? 'globalAvgPool' : 'activation';
            await check(
              graphOf(c, [{ op: first, attrs: first === 'activation' ? { activation: 'tanh' } : {} }, join]),
              size,
              [
                { op: 'op1', pooling: 'none' },
                { op: 'op1', pooling: 'avg' },
              ],
              random,
            );
          },
        ),
        { numRuns: 40 },
      );
    });
  });
}
