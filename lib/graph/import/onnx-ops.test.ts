// Every operator in its corner cases, against onnxruntime.

import { describe, expect, it } from 'vitest';
import {
  behindStem,
  differences,
  floats,
  ints,
  type ModelSpec,
  type NodeSpec,
  scalar,
  type TensorSpec,
} from './onnx-testing.ts';

const positive = (n: number): TensorSpec => ({
  shape: [n],
  values: Array.from({ length: n }, (_, i) => 0.3 + i / 4),
});
const model = (nodes: NodeSpec[], weights: Record<string, TensorSpec> = {}, opset = 13): ModelSpec =>
  behindStem(nodes, weights, { opset, input: ['N', 3, 8, 8] });

const conv = (attributes: NodeSpec[3], kernel: number[], ...bias: number[]): ModelSpec =>
  model([['Conv', ['s', 'k', ...(bias.length ? ['b'] : [])], 'y', attributes]], {
    k: floats(...kernel),
    ...(bias.length ? { b: floats(...bias) } : {}),
  });
const pool = (op: string, attributes: NodeSpec[3], opset = 13): ModelSpec =>
  model([[op, ['s'], 'y', attributes]], {}, opset);
const scores = (...rest: NodeSpec[]): NodeSpec[] => [['GlobalAveragePool', ['s'], 'p'], ...rest];
const bn = { g: floats(6), b: floats(6), m: floats(6), v: positive(6) };

const cases: Record<string, Record<string, ModelSpec>> = {
  Conv: {
    'asymmetric padding and stride': conv({ pads: [0, 1, 2, 0], strides: [2, 1] }, [4, 6, 3, 2], 4),
    'groups and dilation': conv({ group: 3, dilations: [2, 2], pads: [2, 2, 2, 2] }, [9, 2, 3, 3], 9),
    depthwise: conv({ group: 6, pads: [1, 1, 1, 1] }, [6, 1, 3, 3], 6),
    'depthwise with a multiplier': conv({ group: 6 }, [12, 1, 3, 3]),
    'SAME_UPPER with stride': conv({ auto_pad: 'SAME_UPPER', strides: [3, 3] }, [4, 6, 4, 4]),
    'SAME_LOWER, odd': conv({ auto_pad: 'SAME_LOWER' }, [4, 6, 2, 4]),
    'SAME_LOWER with stride': conv({ auto_pad: 'SAME_LOWER', strides: [2, 2] }, [4, 6, 3, 3]),
    VALID: conv({ auto_pad: 'VALID', strides: [2, 2] }, [4, 6, 3, 3]),
  },
  pools: {
    'max, padded': pool('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
    'max, ceil': pool('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
    'max, ceil, last window in the padding': pool('MaxPool', {
      kernel_shape: [2, 2],
      strides: [3, 3],
      pads: [1, 1, 1, 1],
      ceil_mode: 1,
    }),
    'max, SAME_UPPER': pool('MaxPool', { kernel_shape: [3, 2], strides: [2, 3], auto_pad: 'SAME_UPPER' }),
    'max, SAME_LOWER': pool('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_LOWER' }),
    'average, padding left out': pool('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    'average, padding counted': pool('AveragePool', {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      count_include_pad: 1,
    }),
    'average, asymmetric, counted': pool('AveragePool', {
      kernel_shape: [3, 2],
      strides: [2, 2],
      pads: [0, 1, 2, 0],
      count_include_pad: 1,
    }),
    'average, ceil': pool('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
    'average, ceil, padded': pool('AveragePool', {
      kernel_shape: [3, 3],
      strides: [2, 2],
      pads: [1, 1, 1, 1],
      ceil_mode: 1,
    }),
    'average, ceil, padding counted': pool(
      'AveragePool',
      { kernel_shape: [3, 3], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
      19,
    ),
    'average, ceil, padding counted, legacy': pool('AveragePool', {
      kernel_shape: [3, 3],
      strides: [3, 3],
      pads: [1, 1, 1, 1],
      ceil_mode: 1,
      count_include_pad: 1,
    }),
    'average, SAME_UPPER': pool('AveragePool', {
      kernel_shape: [3, 3],
      strides: [2, 2],
      auto_pad: 'SAME_UPPER',
    }),
    global: model([['GlobalAveragePool', ['s'], 'y']]),
  },
  activations: {
    'Relu, Sigmoid, Tanh': model([
      ['Relu', ['s'], 'a'],
      ['Sigmoid', ['a'], 'b'],
      ['Tanh', ['b'], 'y'],
    ]),
    'LeakyRelu with and without alpha': model([
      ['LeakyRelu', ['s'], 'a', { alpha: { f: 0.3 } }],
      ['LeakyRelu', ['a'], 'y'],
    ]),
    'HardSigmoid of torch': model([['HardSigmoid', ['s'], 'y', { alpha: { f: 1 / 6 }, beta: { f: 0.5 } }]]),
    'HardSigmoid with its own defaults': model([['HardSigmoid', ['s'], 'y']]),
    HardSwish: model([['HardSwish', ['s'], 'y']], {}, 14),
    'x · sigmoid(x)': model([
      ['Sigmoid', ['s'], 'a'],
      ['Mul', ['a', 's'], 'y'],
    ]),
    'x · hardSigmoid(x)': model([
      ['HardSigmoid', ['s'], 'a', { alpha: { f: 1 / 6 } }],
      ['Mul', ['s', 'a'], 'y'],
    ]),
    'h-swish in pieces': model(
      [
        ['Add', ['s', 'three'], 'a'],
        ['Clip', ['a', 'zero', 'six'], 'b'],
        ['Div', ['b', 'six'], 'c'],
        ['Mul', ['s', 'c'], 'y'],
      ],
      { three: scalar(3), zero: scalar(0), six: scalar(6) },
    ),
    'Clip as relu6, attributes': model([['Clip', ['s'], 'y', { min: { f: 0 }, max: { f: 6 } }]], {}, 7),
    'Clip as relu': model([['Clip', ['s', 'zero'], 'y']], { zero: scalar(0) }),
    'Clip to any range': model([['Clip', ['s', 'lo', 'hi'], 'y']], { lo: scalar(-1.5), hi: scalar(0.75) }),
    'Clip with a lower limit': model([['Clip', ['s', 'lo'], 'y']], { lo: scalar(-1.5) }),
    'Clip without limits': model([
      ['Clip', ['s'], 'a'],
      ['Relu', ['a'], 'y'],
    ]),
  },
  arithmetic: {
    'a constant per channel on either side': model(
      [
        ['Add', ['s', 'c'], 'a'],
        ['Mul', ['c', 'a'], 'y'],
      ],
      { c: floats(6, 1, 1) },
    ),
    'a number, subtracted, divided by': model(
      [
        ['Sub', ['s', 'c'], 'a'],
        ['Div', ['a', 'd'], 'y'],
      ],
      { c: scalar(0.7), d: { shape: [1], values: [-2.5] } },
    ),
    'a constant minus a value': model([['Sub', ['c', 's'], 'y']], { c: floats(1, 6, 1, 1) }),
    'two values, and one minus the other': model([
      ['Relu', ['s'], 'a'],
      ['Add', ['a', 's'], 'b'],
      ['Sub', ['b', 'a'], 'c'],
      ['Mul', ['c', 'b'], 'y'],
    ]),
    'a Sum of three': model([
      ['Relu', ['s'], 'a'],
      ['Tanh', ['s'], 'b'],
      ['Sum', ['a', 's', 'b'], 'y'],
    ]),
    'squeeze and excite': model(
      [
        ['GlobalAveragePool', ['s'], 'p'],
        ['Conv', ['p', 'k'], 'q'],
        ['Sigmoid', ['q'], 'g'],
        ['Mul', ['g', 's'], 'y'],
      ],
      { k: floats(6, 6, 1, 1) },
    ),
    'squeeze and excite through dense layers': model(
      [
        ['ReduceMean', ['s'], 'p', { axes: [2, 3], keepdims: 0 }],
        ['MatMul', ['p', 'w'], 'q'],
        ['Reshape', ['q', 'to'], 'r'],
        ['Sigmoid', ['r'], 'g'],
        ['Mul', ['s', 'g'], 'y'],
      ],
      { w: floats(6, 6), to: ints(0, -1, 1, 1) },
    ),
    'a map of one channel times a map of many': model(
      [
        ['Conv', ['s', 'k'], 'a'],
        ['Sigmoid', ['a'], 'g'],
        ['Mul', ['s', 'g'], 'y'],
      ],
      { k: floats(1, 6, 1, 1) },
    ),
    'a constant for every value of a flattened map': model(
      [
        ['MaxPool', ['s'], 'p', { kernel_shape: [4, 4], strides: [4, 4] }],
        ['Flatten', ['p'], 'f'],
        ['Add', ['f', 'c'], 'a'],
        ['Gemm', ['a', 'w'], 'y'],
      ],
      { c: floats(1, 24), w: floats(24, 5) },
    ),
  },
  layers: {
    'Gemm, plain': model(scores(['Flatten', ['p'], 'f'], ['Gemm', ['f', 'w', 'b'], 'y']), {
      w: floats(6, 4),
      b: floats(4),
    }),
    'Gemm, transposed, scaled': model(
      scores(
        ['Flatten', ['p'], 'f'],
        ['Gemm', ['f', 'w', 'b'], 'y', { transB: 1, alpha: { f: 0.5 }, beta: { f: 2 } }],
      ),
      { w: floats(4, 6), b: floats(1, 4) },
    ),
    'Gemm with one bias for all': model(scores(['Flatten', ['p'], 'f'], ['Gemm', ['f', 'w', 'b'], 'y']), {
      w: floats(6, 4),
      b: floats(1),
    }),
    'Gemm, transA': model(
      scores(['Flatten', ['p'], 'f'], ['Transpose', ['f'], 't'], ['Gemm', ['t', 'w'], 'y', { transA: 1 }]),
      { w: floats(6, 4) },
    ),
    'MatMul and Add': model(
      scores(['Flatten', ['p'], 'f'], ['MatMul', ['f', 'w'], 'm'], ['Add', ['m', 'b'], 'y']),
      { w: floats(6, 4), b: floats(4) },
    ),
    'MatMul by a transposed constant': model(
      scores(['Flatten', ['p'], 'f'], ['Transpose', ['w'], 't'], ['MatMul', ['f', 't'], 'y']),
      { w: floats(4, 6) },
    ),
    'a dense layer on a flattened map': model(
      [
        ['AveragePool', ['s'], 'p', { kernel_shape: [4, 2], strides: [4, 2] }],
        ['Flatten', ['p'], 'f'],
        ['Gemm', ['f', 'w'], 'y', { transB: 1 }],
      ],
      { w: floats(4, 48) },
    ),
    'a dense layer on a map flattened with its channels last': model(
      [
        ['MaxPool', ['s'], 'p', { kernel_shape: [4, 2], strides: [4, 2] }],
        ['Transpose', ['p'], 't', { perm: [0, 2, 3, 1] }],
        ['Reshape', ['t', 'to'], 'f'],
        ['MatMul', ['f', 'w'], 'y'],
      ],
      { w: floats(48, 4), to: ints(-1, 48) },
    ),
    'BatchNormalization of a map': model(
      [['BatchNormalization', ['s', 'g', 'b', 'm', 'v'], 'y', { epsilon: { f: 0.01 } }]],
      bn,
    ),
    'BatchNormalization of a vector': model(
      scores(['Flatten', ['p'], 'f'], ['BatchNormalization', ['f', 'g', 'b', 'm', 'v'], 'y']),
      bn,
      15,
    ),
    'BatchNormalization of a flattened map': model(
      [
        ['MaxPool', ['s'], 'p', { kernel_shape: [4, 4], strides: [4, 4] }],
        ['Flatten', ['p'], 'f'],
        ['BatchNormalization', ['f', 'g', 'b', 'm', 'v'], 'n'],
        ['Gemm', ['n', 'w'], 'y'],
      ],
      { g: floats(24), b: floats(24), m: floats(24), v: positive(24), w: floats(24, 3) },
      15,
    ),
    'LRN, its defaults': model([['LRN', ['s'], 'y', { size: 3 }]]),
    LRN: model([['LRN', ['s'], 'y', { size: 5, alpha: { f: 0.4 }, beta: { f: 0.6 }, bias: { f: 2 } }]]),
  },
};

const all = Object.entries(cases).flatMap(([group, models]) =>
  Object.entries(models).map(([name, spec]): [string, ModelSpec] => [`${group}: ${name}`, spec]),
);

describe('gives what onnxruntime gives', () => {
  it.each(all)('%s', async (_, spec) => {
    const { reference, compiled } = await differences(spec);
    expect(reference).toBeLessThan(1e-5);
    expect(compiled).toBeLessThan(1e-5);
  });
});

describe('makes one op', () => {
  it.each([
    ['x · sigmoid(x)', 'swish'],
    ['x · hardSigmoid(x)', 'hardSwish'],
    ['HardSwish', 'hardSwish'],
    ['HardSigmoid of torch', 'hardSigmoid'],
    ['Clip as relu6, attributes', 'relu6'],
    ['Clip as relu', 'relu'],
  ])('of %s', async (name, op) => {
    expect((await differences(cases.activations![name]!)).ops).toEqual(['conv2d', op]);
  });
});
