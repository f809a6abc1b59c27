// Operators that join and split, channel shuffles, reshapes whose target is worked out, and channels-last networks,
// against onnxruntime.

import { describe, expect, it } from 'vitest';
import {
  behindStem,
  differences,
  floats,
  ints,
  type ModelSpec,
  type NodeSpec,
  type TensorSpec,
} from './onnx-testing.ts';

const model = (opset: number, nodes: NodeSpec[], weights: Record<string, TensorSpec> = {}): ModelSpec =>
  behindStem(nodes, weights, { opset, input: ['N', 3, 8, 8] });
const whole = (value: number): TensorSpec => ({ shape: [], values: [value], type: 'int64' });
const toTheEnd = 2 ** 62;
/** The mean over the map as [n, 6], then more. */
const pooled: NodeSpec[] = [
  ['GlobalAveragePool', ['s'], 'g'],
  ['Flatten', ['g'], 'p'],
];
/** [n, 2, 3, h, w] and back with groups and members exchanged. */
const shuffle = (from: string, to: string): NodeSpec[] => [
  ['Reshape', [from, 'apart'], `${to}1`],
  ['Transpose', [`${to}1`], `${to}2`, { perm: [0, 2, 1, 3, 4] }],
  ['Reshape', [`${to}2`, 'together'], to],
];
const shuffled = { apart: ints(0, 2, 3, 8, 8), together: ints(0, -1, 8, 8) };

const cases: Record<string, ModelSpec> = {
  'Concat of channels': model(13, [
    ['Relu', ['s'], 'a'],
    ['Concat', ['a', 's', 'a'], 'y', { axis: 1 }],
  ]),
  'Concat of channels, counted from the end': model(13, [
    ['Relu', ['s'], 'a'],
    ['Concat', ['a', 's'], 'y', { axis: -3 }],
  ]),
  'Concat of rows': model(13, [
    ['Relu', ['s'], 'a'],
    ['Concat', ['a', 's'], 'y', { axis: 2 }],
  ]),
  'Concat of columns': model(13, [
    ['Relu', ['s'], 'a'],
    ['Concat', ['a', 's'], 'y', { axis: 3 }],
  ]),
  'Concat of vectors': model(13, [
    ...pooled,
    ['Sigmoid', ['p'], 'a'],
    ['Concat', ['a', 'p'], 'y', { axis: 1 }],
  ]),
  'Split evenly, before 13': model(11, [
    ['Split', ['s'], ['a', 'b', 'c'], { axis: 1 }],
    ['Concat', ['c', 'a', 'b'], 'y', { axis: 1 }],
  ]),
  'Split by sizes': model(
    13,
    [
      ['Split', ['s', 'n'], ['a', 'b'], { axis: 1 }],
      ['Concat', ['b', 'a'], 'y', { axis: 1 }],
    ],
    { n: ints(2, 4) },
  ),
  'Split into a number of parts': model(18, [
    ['Split', ['s'], ['a', 'b', 'c'], { axis: -3, num_outputs: 3 }],
    ['Concat', ['c', 'b', 'a'], 'y', { axis: 1 }],
  ]),
  'Split into parts that do not come out even': model(
    18,
    [
      ['Slice', ['s', 'f', 't', 'a'], 'five'],
      ['Split', ['five'], ['a1', 'a2', 'a3'], { axis: 1, num_outputs: 3 }],
      ['Concat', ['a3', 'a2', 'a1'], 'y', { axis: 1 }],
    ],
    { f: ints(0), t: ints(5), a: ints(1) },
  ),
  'Slice, attributes': model(9, [['Slice', ['s'], 'y', { axes: [1], starts: [1], ends: [4] }]]),
  'Slice, inputs, to the end, from the end': model(13, [['Slice', ['s', 'f', 't', 'a'], 'y']], {
    f: ints(-4),
    t: ints(toTheEnd),
    a: ints(1),
  }),
  'Slice of a vector': model(13, [...pooled, ['Slice', ['p', 'f', 't', 'a', 'one'], 'y']], {
    f: ints(2),
    t: ints(5),
    a: ints(-1),
    one: ints(1),
  }),
  'Slice of everything': model(
    13,
    [
      ['Slice', ['s', 'f', 't'], 'a'],
      ['Relu', ['a'], 'y'],
    ],
    { f: ints(0, 0), t: ints(toTheEnd, 6) },
  ),
  'a channel shuffle': model(13, [...shuffle('s', 'y')], shuffled),
  'a channel shuffle read twice': model(
    13,
    [...shuffle('s', 'a'), ['Conv', ['a', 'k'], 'b'], ['Conv', ['a', 'l'], 'c'], ['Add', ['b', 'c'], 'y']],
    { ...shuffled, k: floats(4, 6, 1, 1), l: floats(4, 6, 1, 1) },
  ),
  'a channel shuffle, added to its input': model(
    13,
    [...shuffle('s', 'a'), ['Add', ['a', 's'], 'y']],
    shuffled,
  ),
  'a channel shuffle under a constant and a batch-norm': model(
    13,
    [...shuffle('s', 'a'), ['Mul', ['a', 'c'], 'b'], ['Conv', ['b', 'k'], 'y']],
    { ...shuffled, c: floats(6, 1, 1), k: floats(4, 6, 1, 1) },
  ),
  'a channel shuffle before the mean and the dense layer': model(
    13,
    [
      ...shuffle('s', 'a'),
      ['GlobalAveragePool', ['a'], 'g'],
      ['Flatten', ['g'], 'f'],
      ['Gemm', ['f', 'w'], 'y'],
    ],
    { ...shuffled, w: floats(6, 4) },
  ),
  'a reshape that arithmetic on the shape works out': model(
    13,
    [
      ['GlobalAveragePool', ['s'], 'g'],
      ['Shape', ['g'], 'all'],
      ['Gather', ['all', 'zero'], 'n'],
      ['Unsqueeze', ['n', 'first'], 'n1'],
      ['Slice', ['all', 'from', 'to'], 'tail'],
      ['Gather', ['tail', 'zero'], 'c'],
      ['Mul', ['c', 'two'], 'c2'],
      ['Div', ['c2', 'two'], 'c3'],
      ['Unsqueeze', ['c3', 'first'], 'c1'],
      ['Concat', ['n1', 'c1'], 'target', { axis: 0 }],
      ['Reshape', ['g', 'target'], 'f'],
      ['Gemm', ['f', 'w'], 'y'],
    ],
    { zero: whole(0), two: whole(2), first: ints(0), from: ints(1), to: ints(2), w: floats(6, 4) },
  ),
  ConstantOfShape: model(
    13,
    [
      ['ConstantOfShape', ['n'], 'c', { value: { t: { shape: [1], values: [0.5] } } }],
      ['Mul', ['s', 'c'], 'y'],
    ],
    { n: ints(6, 1, 1) },
  ),
};

describe('gives what onnxruntime gives', () => {
  it.each(Object.entries(cases))('%s', async (_, spec) => {
    const { reference, compiled } = await differences(spec);
    expect(reference).toBeLessThan(1e-5);
    expect(compiled).toBeLessThan(1e-5);
  });

  it("of a network whose input has its channels last, as TensorFlow's exporters leave it", async () => {
    const spec: ModelSpec = {
      input: [1, 8, 8, 3],
      nodes: [
        ['Transpose', ['x'], 'nchw', { perm: [0, 3, 1, 2] }],
        ['Conv', ['nchw', 'k'], 'c', { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
        ['Transpose', ['c'], 'nhwc', { perm: [0, 2, 3, 1] }],
        ['Add', ['nhwc', 'b'], 'biased'],
        ['Relu', ['biased'], 'r'],
        ['MatMul', ['r', 'pointwise'], 'm'],
        ['Concat', ['m', 'r'], 'both', { axis: 3 }],
        ['Pad', ['both', 'p'], 'padded'],
        ['Slice', ['padded', 'from', 'to', 'axis'], 'part'],
        ['ReduceMean', ['part'], 'mean', { axes: [1, 2], keepdims: 0 }],
        ['MatMul', ['mean', 'w'], 'y'],
      ],
      weights: {
        k: floats(5, 3, 3, 3),
        b: floats(5),
        pointwise: floats(5, 4),
        p: ints(0, 1, 0, 0, 0, 0, 1, 0),
        from: ints(2),
        to: ints(9),
        axis: ints(3),
        w: floats(7, 4),
      },
    };
    const { compiled, reference, ops } = await differences(spec);
    expect(Math.max(compiled, reference)).toBeLessThan(1e-5);
    expect(ops).not.toContain('reshape');
  });
});
