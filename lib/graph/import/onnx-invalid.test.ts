import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../errors/index.ts';
import { importOnnx } from './onnx.ts';
import { behindStem, changed, floats, ints, type NodeSpec, onnxModel, refusal } from './onnx-testing.ts';

const model = (...spec: Parameters<typeof behindStem>) => onnxModel(behindStem(...spec));
const relu = model([['Relu', ['s'], 'y']]);

describe('calls a file invalid', () => {
  const cases: [what: string, bytes: Uint8Array, why: RegExp][] = [
    ['that is empty', new Uint8Array(), /no ONNX graph/],
    ['that is something else', new TextEncoder().encode('<!doctype html><html></html>'), /not ONNX|no ONNX/],
    ['that is cut short', relu.subarray(0, relu.length - 20), /cut short/],
    [
      'with too few values',
      changed(relu, ({ graph }) => {
        graph.initializer![0]!.dims = [6, 3, 2, 1];
      }),
      /648 bytes for 36 values/,
    ],
    [
      'that reads what is not there',
      model([['Relu', ['nowhere'], 'y']]),
      /"nowhere" is read, but not in the model/,
    ],
    [
      'that reads its own output',
      model([
        ['Add', ['s', 'y'], 'a'],
        ['Relu', ['a'], 'y'],
      ]),
      /reads its own output/,
    ],
    [
      'that gives a value twice',
      model([
        ['Relu', ['s'], 'y'],
        ['Tanh', ['s'], 'y'],
      ]),
      /Two nodes give "y"/,
    ],
    [
      'with a kernel for other channels',
      model([['Conv', ['s', 'k'], 'y']], { k: floats(4, 5, 1, 1) }),
      /5 channels/,
    ],
    [
      'with a stride of 0',
      model([['Conv', ['s', 'k'], 'y', { strides: [0, 1] }]], { k: floats(4, 6, 1, 1) }),
      /strides \[0,1\]/,
    ],
    [
      'that multiplies by a matrix of another size',
      model(
        [
          ['GlobalAveragePool', ['s'], 'p'],
          ['Flatten', ['p'], 'f'],
          ['Gemm', ['f', 'w'], 'y'],
        ],
        { w: floats(7, 2) },
      ),
      /multiplies \[1,6\] by \[7,2\]/,
    ],
    ['that squeezes what is not 1', model([['Squeeze', ['s', 'a'], 'y']], { a: ints(1) }), /not 1/],
    [
      'that reshapes to another number of values',
      model([['Reshape', ['s', 'to'], 'y']], { to: ints(1, 5, -1) }),
      /does not fit/,
    ],
  ];

  it.each(cases)('%s', (_, bytes, why) => {
    const error = refusal(bytes);
    expect(error.type).toBe('invalid-file');
    expect(error.message).toMatch(why);
  });
});

describe('a file that asks for more than it holds', () => {
  it.each<[string, number[]]>([
    ['nodes', [0x0a, 0x00]],
    ['values', [0x5a, 0x00]],
    ['sides of a tensor', [0x2a, 0x02, 0x08, 0x01]],
  ])('in millions of %s is refused before they become objects', (_, piece) => {
    const times = 3_000_000;
    const graph = new Uint8Array(piece.length * times);
    for (let i = 0; i < graph.length; i++) graph[i] = piece[i % piece.length]!;
    const length = [0, 7, 14, 21].map((shift) => ((graph.length >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0));
    const bytes = new Uint8Array(5 + graph.length);
    bytes.set([0x3a, ...length]);
    bytes.set(graph, 5);
    expect(refusal(bytes).message).toMatch(/more than 2000000 fields/);
  });

  it.each<[string, Uint8Array]>([
    [
      'fills a huge constant',
      model(
        [
          ['ConstantOfShape', ['n'], 'c'],
          ['Add', ['s', 'c'], 'y'],
        ],
        { n: ints(1e9, 1e9) },
      ),
    ],
    [
      'doubles a constant again and again',
      model(
        [
          ...Array.from(
            { length: 40 },
            (_, i): NodeSpec => ['Concat', [`c${i}`, `c${i}`], `c${i + 1}`, { axis: 0 }],
          ),
          ['Add', ['s', 'c40'], 'y'],
        ],
        { c0: floats(6) },
      ),
    ],
    ['names a huge image', model([['Relu', ['s'], 'y']], {}, { input: [1, 3, 1e6, 1e6] })],
    [
      'turns one large kernel over for each of many layers',
      model(
        Array.from({ length: 400 }, (_, i): NodeSpec[] => [
          ['Flatten', [i ? `d${i}` : 's'], `f${i}`],
          ['Gemm', [`f${i}`, 'w'], i === 399 ? 'y' : `d${i + 1}`, { alpha: { f: 2 } }],
        ]).flat(),
        { w: floats(384, 384) },
      ),
    ],
    [
      'says that a tensor is huge',
      changed(relu, ({ graph }) => {
        graph.initializer![0]!.dims = [2 ** 40, 2 ** 20];
      }),
    ],
  ])('%s is refused before it is given anything', (_, bytes) => {
    expect(refusal(bytes)).toBeInstanceOf(HeadwaterError);
  });

  it('is imported nevertheless if it is only long', () => {
    const chain = Array.from(
      { length: 9000 },
      (_, i): NodeSpec => ['Relu', [i ? `r${i}` : 's'], i === 8999 ? 'y' : `r${i + 1}`],
    );
    expect(importOnnx(model(chain.toReversed())).graph.ops).toHaveLength(9001);
  });
});
