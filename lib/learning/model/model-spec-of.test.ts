import { describe, expect, it } from 'vitest';
import type { Graph } from '../../graph/index.ts';
import { randomQuantised } from '../../graph/testing.ts';
import { graphOf, type Layer, Random } from '../../inference/fixtures.ts';
import { referenceCodes } from '../../inference/reference.ts';
import { createRng } from '../../linalg/index.ts';
import { freshBatchNorm, graphWith, headOf, headSlots, initialParameters, modelSpec } from './index.ts';

const random = new Random(2);
const conv = (cin: number, cout: number, attrs: Layer['attrs'] = {}): Layer => ({
  op: 'conv2d',
  attrs: { padding: 'same', ...attrs },
  weights: { kernel: random.weight(3, 3, cin, cout), bias: random.weight(cout) },
});
const norm = (channels: number): Layer => ({
  op: 'batchNorm',
  attrs: { epsilon: 1e-3 },
  weights: {
    gamma: random.weight(channels),
    beta: random.weight(channels),
    mean: random.weight(channels),
    variance: { kind: 'float32', shape: [channels], data: new Float32Array(channels).fill(0.5) },
  },
});
const specOf = (graph: Graph, op = graph.ops.at(-1)!.name, batchNorm: 'frozen' | 'batch' = 'frozen') =>
  modelSpec(graph, {
    inputShape: [6, 6, graph.input.channels],
    output: { op, pooling: 'avg' },
    classes: 3,
    loss: 'softmax',
    batchNorm,
  });

describe('a spec', () => {
  it('gives every weight before the output a place of its own, the head the last', () => {
    const spec = specOf(graphOf(3, [conv(3, 4), norm(4), conv(4, 5), conv(5, 9)]), 'op2');
    const { weight, bias } = headSlots(spec);
    expect(spec.slots.map(({ op, role }) => `${op} ${role}`)).toEqual([
      'op0 kernel',
      'op0 bias',
      'op1 gamma',
      'op1 beta',
      'op2 kernel',
      'op2 bias',
      'head kernel',
      'head bias',
    ]);
    let offset = 0;
    for (const slot of spec.slots) {
      expect(slot.offset).toBe(offset);
      offset += slot.length;
    }
    expect(spec.parameterCount).toBe(offset);
    expect([weight.shape, bias.shape, spec.dims]).toEqual([[3, 5], [3], 5]);
    expect(spec.slots.filter(({ decays }) => decays).map(({ role }) => role)).toEqual(
      Array(3).fill('kernel'),
    );
  });

  it("counts depth in layers from the head; a norm shares its convolution's, parallel branches are level", () => {
    const spec = specOf(
      graphOf(3, [
        conv(3, 4),
        norm(4),
        { ...conv(4, 2), inputs: ['op1'] },
        { ...conv(4, 3), inputs: ['op1'] },
        { op: 'concat', inputs: ['op2', 'op3'] },
        norm(5),
        conv(5, 4),
      ]),
    );
    const depths = Object.fromEntries(spec.slots.map(({ op, depth }) => [op, depth]));
    expect(depths).toEqual({ op0: 4, op1: 4, op2: 3, op3: 3, op5: 2, op6: 1, head: 0 });
  });

  it('starts from the weights as they are, quantised ones as numbers, and gives them back', () => {
    const graph = graphOf(3, [conv(3, 4), norm(4)]);
    graph.weights.set(
      'op0/kernel',
      randomQuantised([3, 3, 3, 4], () => 0.3),
    );
    const spec = specOf(graph, 'op1', 'batch');
    const head = { weight: random.array(12, 1), bias: random.array(3, 1) };
    const { parameters, statistics } = initialParameters(spec, { head });
    const same = graphWith(spec, parameters, statistics);
    const input = random.array(108, 1);
    const taps = [{ op: 'op1', pooling: 'avg' as const }];
    expect(referenceCodes(same, 6, taps, input)).toEqual(referenceCodes(graph, 6, taps, input));
    expect(headOf(spec, parameters)).toEqual(head);
    expect(initialParameters(spec).parameters.slice(-15)).toEqual(new Float32Array(15));
  });

  it('refuses what has no gradient here, naming the layer', () => {
    const graph = graphOf(3, [conv(3, 4), { op: 'lrn', attrs: { size: 4 } }]);
    expect(() => specOf(graph)).toThrow(/"op1" \(lrn\) cannot be trained through/);
  });
});

describe('fresh weights', () => {
  it("have He's variance behind a relu and half of it in linear layers; a depthwise fan-in is the window", () => {
    const spec = specOf(
      graphOf(40, [
        conv(40, 400, { activation: 'relu6' }),
        conv(1, 400, { groups: 400, activation: 'relu' }),
        conv(400, 40),
      ]),
    );
    const { parameters } = initialParameters(spec, { fresh: createRng(1) });
    const variances = spec.slots
      .filter(({ role, depth }) => role === 'kernel' && depth > 0)
      .map(({ offset, length }) => {
        const values = parameters.subarray(offset, offset + length);
        return values.reduce((sum, v) => sum + v * v, 0) / length;
      });
    // 3,600 numbers in the smallest: one standard error of a variance is 2.4 %.
    const relative = [variances[0]! / (2 / 360), variances[1]! / (2 / 9), variances[2]! / (1 / 3600)];
    for (const ratio of relative) expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
  });

  it('are the same from the same seed, with batch-norm that does nothing yet', () => {
    const spec = specOf(graphOf(3, [conv(3, 4), norm(4)]), 'op1', 'batch');
    const once = initialParameters(spec, { fresh: createRng(5) });
    expect(initialParameters(spec, { fresh: createRng(5) })).toEqual(once);
    expect([...once.statistics]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    const gamma = spec.slots.find(({ role }) => role === 'gamma')!;
    expect([...once.parameters.subarray(gamma.offset, gamma.offset + 8)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });
});

describe('fresh batch-norm', () => {
  const se: Layer[] = [
    conv(3, 4, { activation: 'relu' }),
    { op: 'globalAvgPool' },
    { op: 'reshape', attrs: { shape: [1, 1, 4] } },
    conv(4, 4, { activation: 'sigmoid' }),
    { op: 'mul', inputs: ['op0', 'op3'] },
  ];

  it('stands between a convolution and its activation, in place of the bias; names keep their meaning', () => {
    const graph = freshBatchNorm(graphOf(3, [conv(3, 4, { activation: 'relu' }), conv(4, 5)]));
    expect(graph.ops.map(({ name, op }) => `${name} ${op}`)).toEqual([
      'op0:conv conv2d',
      'op0:pre batchNorm',
      'op0 activation',
      'op1:conv conv2d',
      'op1 batchNorm',
    ]);
    expect(graph.weights.has('op0/bias')).toBe(false);
  });

  it('leaves alone what has one, and convolutions of pooled vectors', () => {
    const before = graphOf(3, [conv(3, 4), norm(4)]);
    expect(freshBatchNorm(before).ops).toEqual(before.ops);
    const norms = freshBatchNorm(graphOf(3, se)).ops.filter((op) => op.op === 'batchNorm');
    expect(norms.map((op) => op.inputs[0])).toEqual(['op0:conv']);
  });
});
