// Random small networks for tests: every op, odd channels, shortcuts and joins wherever shapes allow them.

import fc from 'fast-check';
import { type ActivationKind, type Graph, inferShapes, type OpAttrs, type Padding } from '../graph/index.ts';
import { graphOf, type Layer, type Random } from './fixtures.ts';

const kinds = [
  'conv',
  'conv',
  'grouped',
  'depthwise',
  'maxPool',
  'avgPool',
  'add',
  'add',
  'mul',
  'concat',
  'concat',
  'activation',
  'batchNorm',
  'constant',
  'excite',
  'shuffle',
  'slice',
  'pad',
  'lrn',
  'softmax',
  'reshape',
] as const;

const choice = fc.record({
  kind: fc.constantFrom(...kinds),
  /** What numbers of the layer are made of. */
  a: fc.nat(1000),
  b: fc.nat(1000),
  activation: fc.constantFrom<ActivationKind | undefined>(
    undefined,
    undefined,
    'relu',
    'relu6',
    'swish',
    'leakyRelu',
  ),
});
type Choice = typeof choice extends fc.Arbitrary<infer T> ? T : never;

export const choices = fc.record({
  size: fc.integer({ min: 6, max: 19 }),
  channels: fc.integer({ min: 1, max: 9 }),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
  layers: fc.array(choice, { minLength: 1, maxLength: 9 }),
});

/** A network of these layers; each reads the one before, sums and joins another of the same size too. */
export function networkOf(chosen: readonly Choice[], channels: number, size: number, random: Random): Graph {
  const layers: Layer[] = [];
  for (const one of chosen) {
    const shapes = inferShapes(graphOf(channels, layers), size);
    const from = layers.length ? `op${layers.length - 1}` : 'input';
    layers.push(...layersOf(one, from, shapes, layers.length, random));
  }
  return graphOf(channels, layers);
}

function layersOf(
  { kind, a, b, activation }: Choice,
  from: string,
  shapes: Map<string, number[]>,
  index: number,
  random: Random,
): Layer[] {
  const [h, w, c] = shapes.get(from) as [number, number, number];
  const acts: OpAttrs = activation ? { activation, alpha: 0.2 } : {};
  const stride: [number, number] = [1 + (a % 2), 1 + (b % 3 === 0 ? 1 : a % 2)];
  const padding: Padding = b % 2 ? 'same' : { top: a % 3, right: b % 3, bottom: 1 + (b % 2), left: 1 };
  const k = Math.min([1, 3, 5, 2][a % 4]!, Math.floor((Math.min(h, w) + 1) / 2));
  const dilation: [number, number] = k > 1 && a % 5 === 0 ? [2, 1] : [1, 1];
  const window = { stride, padding, dilation, ...acts };
  const others = [...shapes].filter(([name]) => name !== from);
  const alike = others.filter(([, s]) => String(s) === String([h, w, c])).map(([name]) => name);
  const sameSize = others.filter(([, s]) => s[0] === h && s[1] === w).map(([name]) => name);
  const pick = (names: string[]) => names[b % names.length] ?? from;
  switch (kind) {
    case 'conv': {
      const n = [1, 5, 8, 16, 20][b % 5]!;
      return [
        {
          op: 'conv2d',
          attrs: window,
          weights: { kernel: random.weight(k, k, c, n), bias: random.weight(n) },
        },
      ];
    }
    case 'grouped': {
      const groups = [4, 3, 2].find((g) => c % g === 0) ?? 1;
      const n = groups * [1, 3, 8][b % 3]!;
      const attrs = { ...window, groups };
      return [{ op: 'conv2d', attrs, weights: { kernel: random.weight(k, k, c / groups, n) } }];
    }
    case 'depthwise':
      return [
        { op: 'conv2d', attrs: { ...window, groups: c }, weights: { kernel: random.weight(k, k, 1, c) } },
      ];
    case 'maxPool':
    case 'avgPool': {
      const side = Math.min(3, h, w);
      const attrs = {
        window: [side, side] as [number, number],
        stride,
        ceil: a % 3 === 0,
        countPadding: b % 3 === 0,
      };
      return [{ op: kind, attrs: { ...attrs, padding: b % 2 ? 'same' : 'valid' } }];
    }
    case 'add':
      // A convolution beside the shortcut, as in a residual block, or two values that are there.
      if (a % 2) return [{ op: 'add', attrs: acts, inputs: [from, pick(alike)] }];
      return [
        { op: 'conv2d', attrs: { padding: 'same' }, weights: { kernel: random.weight(3, 3, c, c) } },
        { op: 'add', attrs: acts, inputs: [`op${index}`, from] },
      ];
    case 'mul':
      return [
        { op: 'mul', inputs: [from, pick(alike)] },
        { op: 'activation', attrs: { activation: 'tanh' } },
      ];
    case 'concat':
      return [{ op: 'concat', inputs: [pick(sameSize), from, ...(a % 3 ? [] : [from])] }];
    case 'activation':
      return [{ op: 'activation', attrs: { activation: activation ?? 'hardSwish', alpha: 0.2 } }];
    case 'batchNorm': {
      const variance = {
        kind: 'float32' as const,
        shape: [c],
        data: random.array(c, 1).map((x) => x * x + 0.5),
      };
      return [{ op: 'batchNorm', attrs: { epsilon: 1e-3 }, weights: { mean: random.weight(c), variance } }];
    }
    case 'constant':
      return [{ op: a % 2 ? 'mul' : 'add', weights: { constant: random.weight(b % 2 ? 1 : c) } }];
    case 'excite':
      return [
        { op: 'globalAvgPool' },
        { op: 'reshape', attrs: { shape: [1, 1, c] } },
        { op: 'conv2d', attrs: { activation: 'sigmoid' }, weights: { kernel: random.weight(1, 1, c, c) } },
        { op: a % 2 ? 'mul' : 'add', inputs: [from, `op${index + 2}`] },
      ];
    case 'shuffle':
      return [{ op: 'channelShuffle', attrs: { groups: [4, 3, 2].find((g) => c % g === 0) ?? 1 } }];
    case 'slice': {
      const start = a % c;
      return [{ op: 'channelSlice', attrs: { start, count: 1 + (b % (c - start)) } }];
    }
    case 'pad': {
      const sides = { top: a % 2, right: b % 2, bottom: 1, left: a % 3 };
      return [{ op: 'pad', attrs: { padding: sides, value: b % 3 === 0 ? 1.5 : 0 } }];
    }
    case 'lrn':
      return [{ op: 'lrn', attrs: { size: 5, alpha: 0.3, beta: 0.75, bias: 1.5 } }];
    case 'softmax':
      return [{ op: 'softmax' }];
    case 'reshape':
      return [{ op: 'flatten' }, { op: 'reshape', attrs: { shape: a % 2 ? [w, h, c] : [h, w * c, 1] } }];
  }
}
