import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../errors/index.ts';
import { outputsOf } from '../edges.ts';
import { cosine, evaluate, random } from '../testing.ts';
import { importTfjs, type TfjsModel } from './tfjs.ts';
import { tfjsOutputs } from './tfjs-oracle.ts';
import { functional, graphModel, layersModel, type SourceNode, type SourceWeight } from './tfjs-testing.ts';

const kernel: SourceWeight = { name: 'k', shape: [3, 3, 3, 4] };
const ones = { strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1], padding: 'SAME' };
const integers = (name: string, values: number[]): SourceWeight => ({
  name,
  shape: [values.length],
  values,
  dtype: 'int32',
});
const plain = { recipe: { mean: [0, 0, 0], scale: [1, 1, 1] } } as {
  recipe: { mean: [number, number, number]; scale: [number, number, number] };
};

/** Imported and run at 8 pixels, against tfjs: cosine at the named layer. */
async function agreement(model: TfjsModel, layer: string): Promise<number> {
  const { graph } = importTfjs(model, plain);
  const input = Float32Array.from({ length: 192 }, random(3));
  const [expected] = await tfjsOutputs(model, input, 8, [layer]);
  return cosine(evaluate(graph, input, 8).get(outputsOf(graph)[0]!)!, expected!);
}

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

const convWeights = (name: string): SourceWeight[] => [
  { name: `${name}/kernel`, shape: [3, 3, 3, 4] },
  { name: `${name}/bias`, shape: [4] },
];

describe('a layers-model', () => {
  it('means the same to us and to tfjs, layer by layer', async () => {
    const model = layersModel(
      functional([
        [
          'ZeroPadding2D',
          'pad',
          ['x'],
          {
            padding: [
              [0, 1],
              [2, 1],
            ],
          },
        ],
        [
          'Conv2D',
          'conv',
          ['pad'],
          { filters: 4, kernel_size: [3, 3], strides: [1, 1], padding: 'valid', activation: 'relu' },
        ],
        ['BatchNormalization', 'bn', ['conv'], { axis: -1, epsilon: 0.01, scale: false }],
        ['ReLU', 'relu6', ['bn'], { max_value: 6 }],
        [
          'DepthwiseConv2D',
          'depth',
          ['relu6'],
          { kernel_size: [3, 3], depth_multiplier: 2, padding: 'same', use_bias: false },
        ],
        ['LeakyReLU', 'leaky', ['depth'], { alpha: 0.2 }],
        [
          'SeparableConv2D',
          'separable',
          ['leaky'],
          { filters: 8, kernel_size: [3, 3], padding: 'same', activation: 'tanh' },
        ],
        ['Add', 'sum', ['leaky', 'separable', 'depth']],
        ['Multiply', 'product', ['sum', 'separable']],
        ['MaxPooling2D', 'max', ['product'], { pool_size: [2, 2], strides: [1, 1], padding: 'same' }],
        ['AveragePooling2D', 'avg', ['product'], { pool_size: [3, 3], strides: [1, 1], padding: 'same' }],
        ['Concatenate', 'both', ['max', 'avg'], { axis: 3 }],
        ['Dropout', 'drop', ['both'], { rate: 0.5 }],
        ['Activation', 'sigmoid', ['drop'], { activation: 'sigmoid' }],
        ['GlobalAveragePooling2D', 'pool', ['sigmoid']],
        ['Reshape', 'reshaped', ['pool'], { target_shape: [1, 1, 16] }],
        ['Flatten', 'flat', ['reshaped']],
        ['Dense', 'fc', ['flat'], { units: 6, activation: 'relu' }],
        ['Dense', 'scores', ['fc'], { units: 3, activation: 'softmax' }],
      ]),
      [
        ...convWeights('conv'),
        { name: 'bn/beta', shape: [4] },
        { name: 'bn/moving_mean', shape: [4] },
        { name: 'bn/moving_variance', shape: [4], values: [1, 2, 0.5, 3] },
        { name: 'depth/depthwise_kernel', shape: [3, 3, 4, 2] },
        { name: 'separable/depthwise_kernel', shape: [3, 3, 8, 1] },
        { name: 'separable/pointwise_kernel', shape: [1, 1, 8, 8] },
        { name: 'separable/bias', shape: [8] },
        { name: 'fc/kernel', shape: [16, 6] },
        { name: 'fc/bias', shape: [6] },
        { name: 'scores/kernel', shape: [6, 3] },
        { name: 'scores/bias', shape: [3] },
      ],
    );
    expect(await agreement(model, 'scores')).toBeGreaterThan(0.999999);
    const { graph } = importTfjs(model);
    expect(graph.taps.final).toEqual({ op: 'sigmoid', pooling: 'avg' });
    expect(graph.taps.fc).toEqual({ op: 'fc', pooling: 'none' });
  });

  it('may be Sequential, and hold models inside models', () => {
    const inner = functional([['Conv2D', 'conv', ['x'], {}]]);
    const sequential = (layers: unknown[]) => ({ class_name: 'Sequential', config: { name: 's', layers } });
    const relu = { class_name: 'Activation', config: { name: 'relu', activation: 'relu' } };
    const model = layersModel(
      sequential(
        [sequential([{ ...inner, name: 'inner' }]), relu].map((layer, i) => ({ name: `l${i}`, ...layer })),
      ),
      convWeights('conv'),
    );
    const { graph, recipe } = importTfjs(model);
    expect(graph.ops.map(({ name, inputs }) => [name, ...inputs])).toEqual([
      ['conv', graph.input.name],
      ['l1', 'conv'],
    ]);
    expect(recipe.size).toBe(8);
  });

  it('may be written by Keras 3', () => {
    const model = functional([['Conv2D', 'conv', ['x'], {}]]);
    const config = model.config as { layers: { inbound_nodes: unknown }[]; output_layers: unknown };
    const tensor = {
      class_name: '__keras_tensor__',
      config: { shape: [null, 8, 8, 3], keras_history: ['x', 0, 0] },
    };
    config.layers[1]!.inbound_nodes = [{ args: [tensor], kwargs: {} }];
    config.output_layers = ['conv', 0, 0];
    expect(importTfjs(layersModel(model, convWeights('conv'))).graph.ops[0]).toMatchObject({ inputs: ['x'] });
  });

  it('is refused with class and layer when it holds a layer that Headwater does not have', () => {
    const model = layersModel(
      functional([
        ['Conv2D', 'conv', ['x']],
        ['UpSampling2D', 'up', ['conv']],
      ]),
      convWeights('conv'),
    );
    expect(refusalOf(model)).toMatchObject({
      type: 'unsupported-graph',
      facts: { op: 'UpSampling2D', node: 'up' },
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['channels first', { data_format: 'channels_first' }, /laid out "channels_first"/],
    ['causal padding', { padding: 'causal' }, /padding "causal"/],
    ['an unknown activation', { activation: 'mish' }, /activation "mish"/],
    ['an activation that is no text', { activation: { toString: 1 } }, /not a text/],
  ])('is refused for %s', (_, config, message) => {
    expect(
      refusalOf(layersModel(functional([['Conv2D', 'conv', ['x'], config]]), convWeights('conv'))).message,
    ).toMatch(message);
  });

  it('is refused when a layer is used twice, or weights are missing', () => {
    const twice = functional([['Conv2D', 'conv', ['x']]]);
    const { layers } = twice.config as { layers: { inbound_nodes: unknown[] }[] };
    layers[1]!.inbound_nodes.push([['x', 0, 0, {}]]);
    expect(refusalOf(layersModel(twice, convWeights('conv'))).message).toMatch(/used 2 times/);
    expect(refusalOf(layersModel(functional([['Conv2D', 'conv', ['x']]]), [])).message).toMatch(
      /no weight "kernel"/,
    );
  });
});

function refusalOf(model: TfjsModel): HeadwaterError {
  try {
    importTfjs(model);
  } catch (error) {
    expect(error).toBeInstanceOf(HeadwaterError);
    return error as HeadwaterError;
  }
  throw new Error('was not refused');
}
