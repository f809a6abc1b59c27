// Layers-models: every layer means the same to tfjs, and what Headwater does not have is refused by name.

import { describe, expect, it } from 'vitest';
import { importTfjs } from './tfjs.ts';
import { agreement } from './tfjs-oracle.ts';
import { functional, layersModel, refusalOf, type SourceWeight } from './tfjs-testing.ts';

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
