// Gradients against finite differences of a loss that shares nothing with them: the op set in plain loops, in double.

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fuzzRuns } from '../../../test/support/fuzz.ts';
import type { ActivationKind, Graph, OpAttrs } from '../../graph/index.ts';
import { graphOf, type Layer, Random } from '../../inference/fixtures.ts';
import { choices, networkOf } from '../../inference/network-testing.ts';
import { differences, measuredLoss, modelled, type Options } from './testing.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Asserts that the gradient of every slot, along a random direction, is what the loss does there. */
async function checkGradients(graph: Graph, random: Random, options: Partial<Options> = {}): Promise<void> {
  const made = modelled(graph, random, { size: 5, ...options });
  const { spec, model, inputs, labels, parameters, statistics } = made;
  const { gradients, lossSum } = await model.lossAndGradients(inputs, labels, parameters, statistics);
  const lossAt = (values: Float32Array) => measuredLoss(spec, values, inputs, labels);
  const expected = lossAt(parameters);
  expect(Math.abs(lossSum - expected)).toBeLessThan(1e-4 * (1 + expected));
  for (const { name, told, losses, distance, scale } of differences(
    spec,
    parameters,
    gradients,
    random,
    lossAt,
  )) {
    const measured = (losses[0] - losses[1]) / distance;
    expect(Math.abs(told - measured), `${name}: ${told} where ${measured} is right`).toBeLessThan(
      2e-3 * scale,
    );
  }
  model.dispose();
}

const conv = (random: Random, shape: [number, number, number, number], attrs: OpAttrs = {}): Layer => ({
  op: 'conv2d',
  attrs: { padding: 'same', ...attrs },
  weights: { kernel: random.weight(...shape), bias: random.weight(shape[3]) },
});

const norm = (random: Random, channels: number): Layer => ({
  op: 'batchNorm',
  attrs: { epsilon: 1e-3 },
  weights: {
    gamma: random.weight(channels),
    beta: random.weight(channels),
    mean: random.weight(channels),
    variance: { kind: 'float32', shape: [channels], data: random.array(channels, 0.4).map((v) => v + 0.6) },
  },
});

const activation = (kind: ActivationKind): Layer => ({
  op: 'activation',
  attrs: { activation: kind, alpha: 0.2 },
});

type Case = [name: string, layers: (random: Random) => Layer[]];
const padding = { top: 2, right: 0, bottom: 1, left: 1 };
const kinds = ['relu', 'relu6', 'sigmoid', 'swish', 'hardSwish', 'hardSigmoid', 'leakyRelu', 'tanh'] as const;
const window: [number, number] = [3, 2];
const stride: [number, number] = [2, 2];

const cases: Case[] = [
  ['a 1 × 1 convolution', (r) => [conv(r, [1, 1, 3, 4])]],
  ['a 3 × 3 convolution with stride', (r) => [conv(r, [3, 3, 3, 4], { stride })]],
  ['explicit padding', (r) => [conv(r, [3, 2, 3, 4], { padding, stride: [2, 1] })]],
  ['no padding', (r) => [conv(r, [3, 3, 3, 4], { padding: 'valid' })]],
  ['dilation', (r) => [conv(r, [3, 2, 3, 4], { dilation: [2, 3] })]],
  ['depthwise', (r) => [conv(r, [3, 3, 1, 3], { groups: 3 })]],
  ['depthwise with a multiplier', (r) => [conv(r, [3, 3, 1, 6], { groups: 3, stride })]],
  ['depthwise with dilation', (r) => [conv(r, [3, 3, 1, 3], { groups: 3, dilation: [2, 2] })]],
  ['groups', (r) => [conv(r, [1, 1, 3, 4]), conv(r, [3, 3, 2, 6], { groups: 2 })]],
  ['a norm behind a convolution', (r) => [conv(r, [3, 3, 3, 4]), norm(r, 4), activation('relu6')]],
  ['a norm behind a depthwise one', (r) => [conv(r, [3, 3, 1, 3], { groups: 3 }), norm(r, 3)]],
  ['a norm on its own', (r) => [conv(r, [1, 1, 3, 3]), activation('tanh'), norm(r, 3)]],
  [
    'a convolution that two read, one of them a norm',
    (r) => [conv(r, [1, 1, 3, 3]), norm(r, 3), { op: 'add', inputs: ['op0', 'op1'] }],
  ],
  ...kinds.flatMap((kind): Case[] => [
    [`${kind}, fused`, (r) => [conv(r, [3, 3, 3, 4], { activation: kind, alpha: 0.3 })]],
    [
      `${kind} behind a sum`,
      (r) => [
        conv(r, [1, 1, 3, 3]),
        { op: 'add', inputs: ['op0', 'input'], attrs: { activation: kind, alpha: 0.3 } },
      ],
    ],
  ]),
  [
    'a max pool',
    (r) => [conv(r, [1, 1, 3, 4]), { op: 'maxPool', attrs: { window, stride, padding: 'same' } }],
  ],
  [
    'a max pool, ceil',
    (r) => [conv(r, [1, 1, 3, 4]), { op: 'maxPool', attrs: { window, stride, ceil: true } }],
  ],
  ...[false, true].flatMap((countPadding): Case[] => [
    [
      `an average pool, padding ${countPadding ? 'counted' : 'not counted'}`,
      (r) => [
        conv(r, [1, 1, 3, 4]),
        { op: 'avgPool', attrs: { window, stride, padding: 'same', countPadding } },
      ],
    ],
    [
      `an average pool, ceil, padding ${countPadding ? 'counted' : 'not counted'}`,
      (r) => [
        conv(r, [1, 1, 3, 4]),
        { op: 'avgPool', attrs: { window, stride, padding, ceil: true, countPadding } },
      ],
    ],
  ]),
  [
    'a pool of one element',
    (r) => [conv(r, [1, 1, 3, 4]), { op: 'avgPool', attrs: { window: [1, 1], stride } }],
  ],
  [
    'local response normalisation',
    (r) => [conv(r, [1, 1, 3, 6]), { op: 'lrn', attrs: { size: 5, alpha: 0.5, beta: 0.75, bias: 1.5 } }],
  ],
  ['softmax', (r) => [conv(r, [1, 1, 3, 4]), { op: 'softmax' }]],
  [
    'dropout',
    (r) => [conv(r, [1, 1, 3, 4]), { op: 'dropout' }, { op: 'activation', attrs: { activation: 'tanh' } }],
  ],
  ['padding with a value', (r) => [conv(r, [1, 1, 3, 4]), { op: 'pad', attrs: { padding, value: 0.5 } }]],
  [
    'a shuffle',
    (r) => [
      conv(r, [1, 1, 3, 6]),
      { op: 'channelShuffle', attrs: { groups: 2 } },
      conv(r, [3, 3, 1, 6], { groups: 6 }),
    ],
  ],
  ['a slice', (r) => [conv(r, [1, 1, 3, 6]), { op: 'channelSlice', attrs: { start: 1, count: 3 } }]],
  [
    'constants',
    (r) => [
      { op: 'mul', weights: { constant: r.weight(3) } },
      { op: 'add', weights: { constant: r.weight(1) } },
      activation('tanh'),
    ],
  ],
  ['a product', (r) => [conv(r, [1, 1, 3, 3]), { op: 'mul', inputs: ['op0', 'input'] }]],
  [
    'a product with a vector',
    (r) => [conv(r, [1, 1, 3, 3]), { op: 'globalAvgPool' }, { op: 'mul', inputs: ['op0', 'op1'] }],
  ],
  [
    'a join of branches',
    (r) => [
      conv(r, [1, 1, 3, 2]),
      { ...conv(r, [3, 3, 3, 3]), inputs: ['input'] },
      { op: 'concat', inputs: ['op0', 'op1'] },
    ],
  ],
  [
    'dense layers on a flattened map',
    (r) => [
      conv(r, [3, 3, 3, 2], { stride }),
      { op: 'flatten' },
      { op: 'dense', attrs: { activation: 'relu' }, weights: { kernel: r.weight(18, 4), bias: r.weight(4) } },
      { op: 'dense', weights: { kernel: r.weight(4, 5) } },
      norm(r, 5),
    ],
  ],
  ['a reshape', (r) => [conv(r, [1, 1, 3, 4]), { op: 'reshape', attrs: { shape: [10, 10, -1] } }]],
  [
    'squeeze and excite',
    (r) => [
      conv(r, [3, 3, 3, 4], { activation: 'relu' }),
      { op: 'globalAvgPool' },
      { op: 'reshape', attrs: { shape: [1, 1, 4] } },
      conv(r, [1, 1, 4, 4], { activation: 'hardSigmoid' }),
      { op: 'mul', inputs: ['op0', 'op3'] },
    ],
  ],
  [
    'an inverted residual',
    (r) => [
      conv(r, [1, 1, 3, 6]),
      norm(r, 6),
      activation('relu6'),
      conv(r, [3, 3, 1, 6], { groups: 6 }),
      norm(r, 6),
      activation('relu6'),
      conv(r, [1, 1, 6, 3]),
      norm(r, 3),
      { op: 'add', inputs: ['op7', 'input'] },
    ],
  ],
];

describe('gives the gradient of the loss through', () => {
  it.each(cases)('%s', async (_, layers) => {
    const random = new Random(11);
    await checkGradients(graphOf(3, layers(random)), random);
  });

  it('random networks of all ops', () =>
    fc.assert(
      fc.asyncProperty(choices, async ({ layers, channels, size, seed }) => {
        const random = new Random(seed);
        await checkGradients(networkOf(layers, channels, size, random), random, { size });
      }),
      { numRuns: fuzzRuns(8) },
    ));

  it.each([2, 3])('the squared hinge of %i classes', async (classes) => {
    const random = new Random(5);
    const graph = graphOf(3, [conv(random, [3, 3, 3, 4])]);
    await checkGradients(graph, random, { loss: 'svm', classes });
  });
});
