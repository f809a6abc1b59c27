import { describe, expect, it } from 'vitest';
import { behindStem, changed, floats, ints, onnxModel, refusal } from './onnx-testing.ts';

const model = (...spec: Parameters<typeof behindStem>) => onnxModel(behindStem(...spec));
const relu = model([['Relu', ['s'], 'y']]);

describe('refuses, naming operator, node and reason', () => {
  const over = (shape: number[]) => ({ c: floats(...shape) });
  const cases: [what: string, bytes: Uint8Array, why: RegExp][] = [
    [
      'an unknown operator',
      model([['Einsum', ['s'], 'y']]),
      /"y" \(Einsum\) is an operator that Headwater does not have/,
    ],
    [
      'another operator set',
      changed(relu, ({ graph }) => {
        graph.node![1]!.domain = 'com.microsoft';
      }),
      /"y" \(Relu\).*"com.microsoft"/,
    ],
    ['an old operator set', model([['Relu', ['s'], 'y']], {}, { opset: 6 }), /operator set 6; 7 to 21/],
    ['a newer operator set', model([['Relu', ['s'], 'y']], {}, { opset: 22 }), /operator set 22/],
    [
      'a computed kernel',
      model([
        ['GlobalAveragePool', ['s'], 'k'],
        ['Conv', ['s', 'k'], 'y'],
      ]),
      /\(Conv\) computes its input 1; only a constant/,
    ],
    [
      'a convolution in one dimension',
      model([['Conv', ['s', 'k'], 'y']], { k: floats(4, 6, 3) }),
      /\(Conv\).*two spatial axes/,
    ],
    [
      'a pool with holes',
      model([['MaxPool', ['s'], 'y', { kernel_shape: [2, 2], dilations: [2, 2] }]]),
      /\(MaxPool\) has holes/,
    ],
    [
      'padding as large as the window',
      model([['MaxPool', ['s'], 'y', { kernel_shape: [2, 2], pads: [2, 2, 2, 2] }]]),
      /outside/,
    ],
    [
      'reflected padding',
      model([['Pad', ['s', 'p'], 'y', { mode: 'reflect' }]], { p: ints(0, 0, 1, 1, 0, 0, 1, 1) }),
      /\(Pad\) pads by "reflect"/,
    ],
    [
      'padded channels',
      model([['Pad', ['s', 'p'], 'y']], { p: ints(0, 1, 0, 0, 0, 1, 0, 0) }),
      /\(Pad\).*only height and width/,
    ],
    [
      'cropping',
      model([['Slice', ['s', 'f', 't', 'a'], 'y']], { f: ints(1), t: ints(7), a: ints(2) }),
      /\(Slice\).*only channels can be taken apart/,
    ],
    [
      'every other channel',
      model([['Slice', ['s', 'f', 't', 'a', 'st'], 'y']], {
        f: ints(0),
        t: ints(6),
        a: ints(1),
        st: ints(2),
      }),
      /no run of channels/,
    ],
    [
      'a constant that varies over space',
      model([['Add', ['s', 'c'], 'y']], over([1, 1, 8, 8])),
      /\(Add\).*one per channel/,
    ],
    [
      'a mean over channels',
      model([['ReduceMean', ['s'], 'y', { axes: [1] }]]),
      /\(ReduceMean\).*height and width together/,
    ],
    [
      'a mean over rows alone',
      model([['ReduceMean', ['s'], 'y', { axes: [2] }]]),
      /\(ReduceMean\).*height and width together/,
    ],
    ['softmax over space', model([['Softmax', ['s'], 'y', { axis: 2 }]]), /\(Softmax\).*only channels/],
    [
      'space turned into channels',
      model(
        [
          ['Reshape', ['s', 'to'], 'r'],
          ['Conv', ['r', 'k'], 'y'],
        ],
        { to: ints(0, 24, 4, 4), k: floats(2, 24, 1, 1) },
      ),
      /\(Conv\) needs values moved between space and channels/,
    ],
    [
      'height and width exchanged',
      model(
        [
          ['Transpose', ['s'], 'r', { perm: [0, 1, 3, 2] }],
          ['Conv', ['r', 'k'], 'y'],
        ],
        { k: floats(2, 6, 1, 1) },
      ),
      /values moved/,
    ],
    [
      'a flattened map joined to another',
      model([
        ['Flatten', ['s'], 'f'],
        ['Concat', ['f', 'f'], 'y', { axis: 1 }],
      ]),
      /\(Concat\).*flattened map/,
    ],
    [
      'a normalisation over an even number of channels',
      model([['LRN', ['s'], 'y', { size: 4 }]]),
      /\(LRN\).*odd/,
    ],
    [
      'training',
      model([['BatchNormalization', ['s', 'c', 'c', 'c', 'c'], 'y', { training_mode: 1 }]], over([6]), {
        opset: 15,
      }),
      /\(BatchNormalization\).*eval mode/,
    ],
    ['whole numbers', model([['Cast', ['s'], 'y', { to: 7 }]]), /\(Cast\).*int64/],
    [
      'a clip without a lower limit',
      model([['Clip', ['s'], 'y', { max: { f: 3 } }]], {}, { opset: 7 }),
      /\(Clip\).*lower limit/,
    ],
    [
      'a mixed batch',
      model(
        [
          ['Reshape', ['s', 'to'], 'r'],
          ['Relu', ['r'], 'q'],
          ['Gemm', ['q', 'w'], 'y'],
        ],
        { to: ints(6, 64), w: floats(64, 2) },
      ),
      /first axis is not the batch/,
    ],
    [
      'two images',
      changed(relu, ({ graph }) => {
        graph.input!.push({ ...graph.input![0]!, name: 'x2' });
      }),
      /2 inputs; one image/,
    ],
    [
      'an oblong image',
      model([['Relu', ['s'], 'y']], {}, { input: [1, 3, 8, 16] }),
      /is \[1,3,8,16\]; only one square image/,
    ],
    [
      'a grey image',
      onnxModel({
        nodes: [['Conv', ['x', 'k'], 'y']],
        weights: { k: floats(4, 1, 1, 1) },
        input: [1, 1, 8, 8],
      }),
      /only colour images/,
    ],
    [
      'weights in a type that has no numbers here',
      changed(relu, ({ graph }) => {
        graph.initializer![0]!.dataType = 16;
      }),
      /"stem" is stored as bfloat16/,
    ],
    [
      'an output that is constant',
      onnxModel({ nodes: [['Identity', ['k'], 'y']], weights: { k: floats(1) } }),
      /does not depend on any layer/,
    ],
    [
      'sparse weights',
      changed(relu, ({ graph }) => {
        graph.sparseInitializer = [new Uint8Array(1)];
      }),
      /sparse/,
    ],
  ];

  it.each(cases)('%s', (_, bytes, why) => {
    const error = refusal(bytes);
    expect(error.type).toBe('unsupported-graph');
    expect(error.message).toMatch(why);
  });
});
