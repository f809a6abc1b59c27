import { describe, expect, it } from 'vitest';
import { importOnnx } from './onnx.ts';
import { behindStem, changed, floats, ints, type NodeSpec, onnxModel, tensorOf } from './onnx-testing.ts';

const model = (...spec: Parameters<typeof behindStem>) => onnxModel(behindStem(...spec));
const relu = model([['Relu', ['s'], 'y']]);

describe('an imported model', () => {
  it('tells its input side, and leaves the recipe to the caller', () => {
    const recipe = { channelOrder: 'bgr', mean: [1, 2, 3], scale: [1, 1, 1] } as const;
    const imported = importOnnx(relu, { recipe: { ...recipe, mean: [1, 2, 3], scale: [1, 1, 1] } });
    expect(imported.recipe).toEqual({ ...recipe, size: 8, fit: 'stretch' });
    expect(imported.notes).toEqual([]);
  });

  it('with symbolic sides takes the size asked for, and says which it assumes otherwise', () => {
    const open = model([['Relu', ['s'], 'y']], {}, { input: ['batch', 3, 'height', 'width'] });
    expect(importOnnx(open, { recipe: { size: 32 } }).recipe.size).toBe(32);
    const { recipe, notes } = importOnnx(open);
    expect(recipe.size).toBe(224);
    expect(notes.join()).toMatch(/input size open.*ImageNet's mean/);
  });

  it('hands a factor and a summand at its input over to the recipe', () => {
    const bytes = onnxModel({
      nodes: [
        ['Mul', ['x', 'f'], 'a'],
        ['Sub', ['a', 'm'], 'b'],
        ['Conv', ['b', 'k'], 'y'],
      ],
      weights: {
        f: { shape: [], values: [1 / 127.5] },
        m: { shape: [1, 3, 1, 1], values: [1, 1, 1] },
        k: floats(4, 3, 1, 1),
      },
    });
    const { graph, recipe, notes } = importOnnx(bytes);
    expect(graph.ops.map((op) => op.op)).toEqual(['conv2d']);
    expect(recipe.mean[0]).toBeCloseTo(127.5, 3);
    expect(notes.join()).toMatch(/moved into the recipe/);
  });

  it("calls a layer by its node's name, or by its output's where it has none or shares it", () => {
    const named = changed(
      model([
        ['Relu', ['s'], 'a'],
        ['Tanh', ['a'], 'b'],
        ['Sigmoid', ['b'], 'y'],
      ]),
      ({ graph }) => {
        for (const i of [1, 2]) graph.node![i]!.name = 'stage/act';
      },
    );
    expect(importOnnx(named).graph.ops.map((op) => op.name)).toEqual(['s', 'stage/act', 'b', 'y']);
  });

  it('keeps nothing that its outputs do not need, known or unknown', () => {
    const bytes = model(
      [
        ['Einsum', ['s'], 'unused'],
        ['Relu', ['s'], 'y'],
      ],
      { spare: floats(100) },
    );
    const { graph } = importOnnx(bytes);
    expect(graph.ops).toHaveLength(2);
    expect([...graph.weights.keys()]).toHaveLength(1);
  });

  it('stores a weight once that several layers use', () => {
    const nodes: NodeSpec[] = [
      ['Conv', ['s', 'k'], 'a'],
      ['Conv', ['a', 'k'], 'y'],
    ];
    expect(importOnnx(model(nodes, { k: floats(6, 6, 1, 1) })).graph.weights.size).toBe(2);
  });

  it('may state a fixed batch, which disappears', () => {
    const nodes: NodeSpec[] = [
      ['GlobalAveragePool', ['s'], 'p'],
      ['Reshape', ['p', 'to'], 'f'],
      ['Gemm', ['f', 'w'], 'y'],
    ];
    const weights = { to: ints(4, -1), w: floats(6, 2) };
    const { graph } = importOnnx(model(nodes, weights, { input: [4, 3, 8, 8] }));
    expect(graph.ops.map((op) => op.op)).toEqual(['conv2d', 'globalAvgPool', 'dense']);
  });

  it('reads weights from the files beside it', () => {
    const kernel = tensorOf('stem', floats(6, 3, 1, 1));
    const outside = changed(relu, ({ graph }) => {
      const externalData = [
        { key: 'location', value: 'net.data' },
        { key: 'offset', value: '8' },
        { key: 'length', value: '72' },
      ];
      graph.initializer = [{ name: 'stem', dims: [6, 3, 1, 1], dataType: 1, dataLocation: 1, externalData }];
    });
    const file = new Uint8Array(80);
    file.set(kernel.rawData!, 8);
    const { graph } = importOnnx(outside, { external: new Map([['net.data', file]]) });
    const values = new Float32Array(new Uint8Array(kernel.rawData!).buffer);
    const [weight] = graph.weights.values();
    // Row i of [18 / 6 inputs, 6 outputs] is column i of [6 outputs, 3 inputs].
    expect(weight!.data[1]).toBe(values[3]);
    expect(() => importOnnx(outside)).toThrow(/"net.data". Put it beside the model/);
    const short = () => importOnnx(outside, { external: new Map([['net.data', file.subarray(0, 70)]]) });
    expect(short).toThrow(/past the end/);
  });
});

describe('`final`', () => {
  const k = { k: floats(6, 6, 1, 1), w: floats(6, 4) };
  const pool: NodeSpec = ['GlobalAveragePool', ['r'], 'p'];

  it('is the last map before the dense classifier', () => {
    const bytes = model([['Relu', ['s'], 'r'], pool, ['Flatten', ['p'], 'f'], ['Gemm', ['f', 'w'], 'y']], k);
    expect(importOnnx(bytes).graph.taps.final).toEqual({ op: 'r', pooling: 'avg' });
  });

  it('is not the convolution that makes class scores, with a softmax after it, or with as many channels as ImageNet has classes', () => {
    const softmax = model(
      [
        ['Relu', ['s'], 'a'],
        ['Conv', ['a', 'k'], 'c'],
        ['Relu', ['c'], 'r'],
        pool,
        ['Softmax', ['p'], 'y', { axis: 1 }],
      ],
      k,
    );
    expect(importOnnx(softmax).graph.taps.final?.op).toBe('a');
    const thousand = model(
      [
        ['Relu', ['s'], 'a'],
        ['Conv', ['a', 'wide'], 'c'],
        ['Relu', ['c'], 'r'],
        ['GlobalAveragePool', ['r'], 'p'],
        ['Flatten', ['p'], 'y'],
      ],
      { wide: floats(1000, 6, 1, 1) },
    );
    expect(importOnnx(thousand).graph.taps.final?.op).toBe('a');
  });
});
