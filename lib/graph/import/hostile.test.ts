import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../errors/index.ts';
import { importTfjs, type TfjsModel } from './tfjs.ts';
import { functional, graphModel, layersModel } from './tfjs-testing.ts';

const ones = { strides: [1, 1, 1, 1], dilations: [1, 1, 1, 1], padding: 'SAME' };
const sound: Record<string, () => TfjsModel> = {
  'graph-model': () =>
    graphModel(
      [
        ['Mul', 'scaled', ['x', 'two']],
        ['_FusedConv2D', 'conv', ['scaled', 'k', 'b'], { ...ones, fused_ops: ['BiasAdd', 'Relu6'] }],
        ['MaxPool', 'pool', ['conv'], { ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: 'VALID' }],
        ['Mean', 'mean', ['pool', 'hw'], { keep_dims: false }],
        ['MatMul', 'dense', ['mean', 'w'], { transpose_b: false }],
      ],
      [
        { name: 'k', shape: [3, 3, 3, 4], quantised: { dtype: 'uint8', min: -1, scale: 0.01 } },
        { name: 'b', shape: [4] },
        { name: 'two', shape: [], values: [2] },
        { name: 'hw', shape: [2], values: [1, 2], dtype: 'int32' },
        { name: 'w', shape: [4, 2] },
      ],
    ),
  'layers-model': () =>
    layersModel(
      functional([
        [
          'ZeroPadding2D',
          'pad',
          ['x'],
          {
            padding: [
              [0, 1],
              [0, 1],
            ],
          },
        ],
        [
          'Conv2D',
          'conv',
          ['pad'],
          { strides: [2, 2], padding: 'valid', activation: 'linear', use_bias: true },
        ],
        ['BatchNormalization', 'bn', ['conv'], { axis: 3, epsilon: 0.001, scale: false }],
        ['ReLU', 'relu', ['bn'], { max_value: 6, negative_slope: 0, threshold: 0 }],
        ['Reshape', 'reshaped', ['relu'], { target_shape: [4, 4, 4] }],
        ['Concatenate', 'both', ['reshaped', 'relu'], { axis: -1 }],
      ]),
      [
        { name: 'conv/kernel', shape: [3, 3, 3, 4] },
        { name: 'conv/bias', shape: [4] },
        { name: 'bn/beta', shape: [4] },
        { name: 'bn/moving_mean', shape: [4] },
        { name: 'bn/moving_variance', shape: [4] },
      ],
    ),
};

/** Every place in a JSON value, as a parent and a key. */
function places(
  value: unknown,
  into: [Record<string, unknown>, string][] = [],
): [Record<string, unknown>, string][] {
  if (value && typeof value === 'object')
    for (const key of Object.keys(value)) {
      into.push([value as Record<string, unknown>, key]);
      places((value as Record<string, unknown>)[key], into);
    }
  return into;
}

const nasty = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1e308,
    2 ** 53,
    1.5,
    '',
    '__proto__',
    'constructor',
    'x',
    [],
    {},
    [[]],
    '-1',
  ),
  fc.constantFrom<unknown>({ toString: 1 }, { length: 1e9 }, 'x:99999999999', '^x'),
);

describe.each(Object.keys(sound))('a hostile %s', (kind) => {
  it('is refused with an error of ours, or imported: nothing else', () => {
    expect(() => importTfjs(sound[kind]!())).not.toThrow();
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(), nasty, fc.boolean(), (seed, value, remove) => {
        const model = sound[kind]!();
        const all = places(model.modelJson);
        const [parent, key] = all[seed % all.length]!;
        if (remove) delete parent[key];
        else parent[key] = value;
        try {
          importTfjs(model);
        } catch (error) {
          refused++;
          if (!(error instanceof HeadwaterError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('may be any JSON at all', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (topology, weightsManifest) => {
        const model = {
          modelJson: { format: kind, modelTopology: topology, weightsManifest },
          weights: new Uint8Array(8),
        };
        expect(() => importTfjs(model)).toThrow(HeadwaterError);
      }),
    );
  });
});

describe('depth', () => {
  it('of models in models, and of a chain of nodes, does not exhaust the stack', () => {
    let nested: unknown = { class_name: 'Conv2D', config: { name: 'c', batch_input_shape: [null, 8, 8, 3] } };
    for (let i = 0; i < 5000; i++)
      nested = { class_name: 'Sequential', config: { name: `s${i}`, layers: [nested] } };
    const modelJson = {
      format: 'layers-model',
      modelTopology: { model_config: nested },
      weightsManifest: [],
    };
    expect(() => importTfjs({ modelJson, weights: new Uint8Array() })).toThrow(HeadwaterError);

    const chain = Array.from({ length: 9000 }, (_, i): [string, string, string[]] => [
      'Relu',
      `r${i}`,
      [i ? `r${i - 1}` : 'x'],
    ]);
    const long = graphModel([...chain.toReversed()], []);
    expect(importTfjs(long).graph.ops).toHaveLength(9000);
  });
});
