// Graph-models: every op means the same to tfjs, and what Headwater does not have is refused by name.

import { describe, expect, it } from 'vitest';
import { importTfjs } from './tfjs.ts';
import { agreement } from './tfjs-oracle.ts';
import { graphModel, refusalOf, type SourceNode, type SourceWeight } from './tfjs-testing.ts';

const kernel: SourceWeight = { name: 'k', shape: [3, 3, 3, 4] };
const ones = { strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1], padding: 'SAME' };
const integers = (name: string, values: number[]): SourceWeight => ({
  name,
  shape: [values.length],
  values,
  dtype: 'int32',
});

describe('a graph-model', () => {
  it('means the same to us and to tfjs, op by op', async () => {
    const nodes: SourceNode[] = [
      ['Conv2D', 'conv', ['x', 'k'], { ...ones, strides: [1, 2, 2, 1] }],
      ['BiasAdd', 'biased', ['conv', 'b']],
      ['FusedBatchNormV3', 'bn', ['biased', 'b', 'mu', 'mu', 'variance'], { epsilon: 0.001 }],
      ['LeakyRelu', 'leaky', ['bn:0'], { alpha: 0.1 }],
      ['DepthwiseConv2dNative', 'depth', ['leaky', 'd'], ones],
      ['Sigmoid', 'sigmoid', ['depth']],
      ['Mul', 'gated', ['depth', 'sigmoid']],
      ['Identity', 'same', ['gated', '^conv']],
      ['Sub', 'less', ['same', 'b8']],
      ['RealDiv', 'divided', ['less', 'two']],
      ['Pad', 'padded', ['divided', 'edges']],
      ['MaxPool', 'max', ['padded'], { ksize: [1, 3, 3, 1], strides: [1, 2, 2, 1], padding: 'VALID' }],
      ['AvgPool', 'avg', ['max'], { ksize: [1, 2, 2, 1], strides: [1, 1, 1, 1], padding: 'SAME' }],
      ['ConcatV2', 'both', ['max', 'avg', 'axis']],
      ['Relu6', 'relu', ['both']],
      [
        '_FusedConv2D',
        'fused',
        ['relu', 'one', 'b'],
        { ...ones, fused_ops: ['BiasAdd', 'Relu'], num_args: 1 },
      ],
      ['Mean', 'mean', ['fused', 'hw'], { keep_dims: true }],
      ['Mul', 'excited', ['fused', 'mean']],
      ['AddV2', 'sum', ['excited', 'fused']],
      ['Mean', 'pooled', ['sum', 'hw'], { keep_dims: false }],
      [
        '_FusedMatMul',
        'dense',
        ['pooled', 'w', 'b5'],
        { num_args: 1, fused_ops: ['BiasAdd'], transpose_b: true },
      ],
      ['Softmax', 'softmax', ['dense']],
    ];
    const model = graphModel(nodes, [
      kernel,
      { name: 'b', shape: [4] },
      { name: 'mu', shape: [4] },
      { name: 'variance', shape: [4], values: [1, 2, 0.5, 3] },
      { name: 'd', shape: [3, 3, 4, 2] },
      { name: 'b8', shape: [8] },
      { name: 'b5', shape: [5] },
      { name: 'two', shape: [], values: [2] },
      { ...integers('edges', [0, 0, 1, 2, 2, 1, 0, 0]), shape: [4, 2] },
      integers('axis', [3]),
      integers('hw', [1, 2]),
      { name: 'one', shape: [1, 1, 16, 4] },
      { name: 'w', shape: [5, 4] },
    ]);
    for (const layer of ['softmax', 'sum', 'gated', 'both']) {
      const json = model.modelJson as { modelTopology: { node: unknown[] }; signature?: unknown };
      json.signature = { outputs: { [layer]: { name: `${layer}:0` } } };
      expect(await agreement(model, layer)).toBeGreaterThan(0.999999);
    }
  });

  it('is refused with op and node when it holds an op that Headwater does not have', () => {
    const model = graphModel(
      [
        ['Conv2D', 'conv', ['x', 'k'], ones],
        ['Erf', 'net/erf', ['conv']],
      ],
      [kernel],
    );
    const refusal = refusalOf(model);
    expect(refusal).toMatchObject({ type: 'unsupported-graph', facts: { op: 'Erf', node: 'net/erf' } });
    expect(refusal.message).toContain('"net/erf" is a Erf');
  });

  it('may hold ops that its output does not need', () => {
    const model = graphModel(
      [
        ['Conv2D', 'conv', ['x', 'k'], ones],
        ['Erf', 'erf', ['conv']],
      ],
      [kernel],
    );
    (model.modelJson as { signature?: unknown }).signature = { outputs: { y: { name: 'conv:0' } } };
    expect(importTfjs(model).graph.ops.map((op) => op.name)).toEqual(['conv']);
  });

  it.each<[string, SourceNode[], RegExp]>([
    ['NCHW', [['Conv2D', 'c', ['x', 'k'], { ...ones, data_format: 'NCHW' }]], /laid out NCHW/],
    ['a computed kernel', [['Conv2D', 'c', ['x', 'x'], ones]], /only a constant/],
    [
      'an unknown fused activation',
      [['_FusedConv2D', 'c', ['x', 'k'], { ...ones, fused_ops: ['Elu'] }]],
      /activation "Elu"/,
    ],
    [
      'strides over channels',
      [['Conv2D', 'c', ['x', 'k'], { ...ones, strides: [1, 1, 1, 2] }]],
      /across batch or channels/,
    ],
    ['a second output', [['Conv2D', 'c', ['x:1', 'k'], ones]], /output 1 of "x"/],
    [
      'a node that reads itself',
      [
        ['Relu', 'r', ['r2']],
        ['Relu', 'r2', ['r']],
        ['Relu', 'r3', ['r']],
      ],
      /reads its own output/,
    ],
    ['a node that is not there', [['Relu', 'r', ['nowhere']]], /"nowhere" is read, but not in the model/],
    ['no input', [['Relu', 'r', ['k']]], /does not come before it|no input/],
    ['two nodes of one name', [['Relu', 'x', ['x']]], /Two nodes are called "x"/],
  ])('is refused for %s', (_, nodes, message) => {
    expect(refusalOf(graphModel(nodes, [kernel])).message).toMatch(message);
  });

  it('gives a factor and summand at its input to the recipe, and says so', () => {
    const nodes: SourceNode[] = [
      ['Mul', 'm', ['two', 'x']],
      ['Sub', 's', ['m', 'one']],
      ['Conv2D', 'conv', ['s', 'k'], ones],
    ];
    const weights = [
      kernel,
      { name: 'two', shape: [], values: [2] },
      { name: 'one', shape: [], values: [1] },
    ];
    const { graph, recipe, notes } = importTfjs(graphModel(nodes, weights));
    expect(graph.ops.map((op) => op.name)).toEqual(['conv']);
    expect(recipe).toMatchObject({ size: 8, mean: [127.5, 127.5, 127.5] });
    expect(recipe.scale[0]).toBeCloseTo(1 / 127.5, 12);
    expect(notes.join(' ')).toMatch(/pixel \/ 255 is assumed.*moved into the recipe/);
  });
});
