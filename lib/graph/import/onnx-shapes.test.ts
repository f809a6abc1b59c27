// Operators that regroup and reduce, and constants, in every operator set in which they changed, against
// onnxruntime.

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
/** The mean over the map as [n, 6], then more. */
const pooled: NodeSpec[] = [
  ['GlobalAveragePool', ['s'], 'g'],
  ['Flatten', ['g'], 'p'],
];

const cases: Record<string, ModelSpec> = {
  'Pad, attributes': model(7, [['Pad', ['s'], 'y', { pads: [0, 0, 1, 2, 0, 0, 0, 3], value: { f: 1.5 } }]]),
  'Pad, inputs': model(13, [['Pad', ['s', 'p', 'v'], 'y']], {
    p: ints(0, 0, 1, 0, 0, 0, 2, 1),
    v: { shape: [], values: [-1] },
  }),
  'Pad of named axes': model(18, [['Pad', ['s', 'p', '', 'a'], 'y']], { p: ints(1, 2), a: ints(-1) }),
  'Pad by nothing': model(
    13,
    [
      ['Pad', ['s', 'p'], 'a'],
      ['Relu', ['a'], 'y'],
    ],
    { p: ints(0, 0, 0, 0, 0, 0, 0, 0) },
  ),
  'Squeeze, attribute': model(11, [
    ['GlobalAveragePool', ['s'], 'g'],
    ['Squeeze', ['g'], 'y', { axes: [2, -1] }],
  ]),
  'Squeeze, input': model(
    13,
    [
      ['GlobalAveragePool', ['s'], 'g'],
      ['Squeeze', ['g', 'a'], 'y'],
    ],
    { a: ints(3, 2) },
  ),
  'Unsqueeze, attribute': model(11, [
    ...pooled,
    ['Unsqueeze', ['p'], 'u', { axes: [2, 3] }],
    ['Mul', ['s', 'u'], 'y'],
  ]),
  'Unsqueeze, input': model(13, [...pooled, ['Unsqueeze', ['p', 'a'], 'u'], ['Mul', ['u', 's'], 'y']], {
    a: ints(-1, -2),
  }),
  'ReduceMean, attribute, axes dropped': model(13, [
    ['ReduceMean', ['s'], 'y', { axes: [-2, -1], keepdims: 0 }],
  ]),
  'ReduceMean, input, axes kept': model(
    18,
    [
      ['ReduceMean', ['s', 'a'], 'm'],
      ['Mul', ['s', 'm'], 'y'],
    ],
    { a: ints(2, 3) },
  ),
  'ReduceMean of a map with its sides joined': model(
    13,
    [
      ['Reshape', ['s', 'to'], 'r'],
      ['ReduceMean', ['r'], 'y', { axes: [2], keepdims: 0 }],
    ],
    { to: ints(0, 0, -1) },
  ),
  'ReduceMean over no axes': model(
    18,
    [
      ['ReduceMean', ['s', 'a'], 'm', { noop_with_empty_axes: 1 }],
      ['Relu', ['m'], 'y'],
    ],
    { a: ints() },
  ),
  'Softmax of a vector, before 13': model(7, [...pooled, ['Softmax', ['p'], 'y']]),
  'Softmax of a map of one position, before 13': model(11, [
    ['GlobalAveragePool', ['s'], 'g'],
    ['Softmax', ['g'], 'y'],
  ]),
  'Softmax over a whole map, before 13': model(11, [
    ['Softmax', ['s'], 'a', { axis: 1 }],
    ['GlobalAveragePool', ['a'], 'y'],
  ]),
  'Softmax of a vector, since 13': model(13, [...pooled, ['Softmax', ['p'], 'y']]),
  'Softmax over channels, since 13': model(13, [['Softmax', ['s'], 'y', { axis: 1 }]]),
  'Dropout before 10, with its unread mask': model(7, [
    ['Dropout', ['s'], ['a', 'mask'], { ratio: { f: 0.5 } }],
    ['Relu', ['a'], 'y'],
  ]),
  'Dropout with its ratio as an input': model(
    13,
    [
      ['Dropout', ['s', 'r'], 'a'],
      ['Relu', ['a'], 'y'],
    ],
    { r: { shape: [], values: [0.5] } },
  ),
  'Identity and Cast': model(13, [
    ['Identity', ['s'], 'a'],
    ['Cast', ['a'], 'b', { to: 1 }],
    ['Relu', ['b'], 'y'],
  ]),
  'Constant as a weight': model(13, [
    ['Constant', [], 'k', { value: { t: floats(4, 6, 1, 1) } }],
    ['Conv', ['s', 'k'], 'y'],
  ]),
  'Constant of one number': model(13, [
    ['Constant', [], 'c', { value_float: { f: 0.25 } }],
    ['Mul', ['s', 'c'], 'y'],
  ]),
  'Constant of whole numbers': model(13, [
    ...pooled,
    ['Constant', [], 'c', { value_ints: [-1, 6, 1, 1] }],
    ['Reshape', ['p', 'c'], 'r'],
    ['Mul', ['s', 'r'], 'y'],
  ]),
  'weights that are cast and turned first': model(
    13,
    [
      ['Cast', ['k'], 'k32', { to: 1 }],
      ['Transpose', ['k32'], 'kt', { perm: [3, 2, 0, 1] }],
      ['Conv', ['s', 'kt'], 'y'],
    ],
    { k: { shape: [2, 3, 6, 4], type: 'float16' } },
  ),
  'weights worked out from others': model(
    13,
    [
      ['Mul', ['k', 'f'], 'k2'],
      ['Sub', ['k2', 'k'], 'k3'],
      ['Conv', ['s', 'k3'], 'y'],
    ],
    { k: floats(4, 6, 1, 1), f: floats(4, 1, 1, 1) },
  ),
  'Flatten along axis 0 and -1': model(
    11,
    [...pooled, ['Flatten', ['p'], 'a', { axis: -1 }], ['Gemm', ['a', 'w'], 'y']],
    { w: floats(6, 2) },
  ),
};

describe('gives what onnxruntime gives', () => {
  it.each(Object.entries(cases))('%s', async (_, spec) => {
    const { reference, compiled } = await differences(spec);
    expect(reference).toBeLessThan(1e-5);
    expect(compiled).toBeLessThan(1e-5);
  });

  it('with weights stored in any of the ways that there are', async () => {
    for (const type of ['float32', 'float16', 'float64'] as const)
      for (const stored of ['raw', 'field'] as const) {
        const k: TensorSpec = { shape: [4, 6, 1, 1], type, stored };
        const nodes: NodeSpec[] = [
          ['Cast', ['k'], 'k32', { to: 1 }],
          ['Conv', ['s', 'k32'], 'y'],
        ];
        const { compiled } = await differences({ ...model(13, nodes, { k }), listWeights: true });
        expect(compiled, `${type} ${stored}`).toBeLessThan(1e-5);
      }
  });

  it('with whole numbers stored in any of the ways that there are', async () => {
    for (const stored of ['raw', 'field'] as const) {
      const to: TensorSpec = { shape: [2], values: [-1, 6], type: 'int64', stored };
      const spec = model(
        13,
        [
          ['GlobalAveragePool', ['s'], 'g'],
          ['Reshape', ['g', 'to'], 'y'],
        ],
        { to },
      );
      expect((await differences(spec)).compiled).toBeLessThan(1e-5);
    }
  });
});
