import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAtTaps, tailAfterTap } from './cut.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { fuseActivations } from './fuse-activations.ts';
import type { Graph, Weight } from './graph.ts';
import { optimise } from './optimise.ts';
import { removeIdentities } from './remove-identities.ts';
import { evaluate, graphOf, random, randomQuantised, randomWeight } from './testing.ts';
import { validateGraph } from './validate.ts';

/** conv → BN → relu6, depthwise → BN, a residual add → relu, dropout, dense → constant mul and add → tanh. */
function network(seed: number, quantised: boolean): Graph {
  const next = random(seed);
  const kernel = (shape: number[]) => (quantised ? randomQuantised(shape, next) : randomWeight(shape, next));
  const positive = (): Weight => ({
    kind: 'float32',
    shape: [4],
    data: Float32Array.from({ length: 4 }, () => 1.1 + next()),
  });
  return graphOf(
    [
      ['conv2d', 'conv', ['input'], { padding: 'same' }, { kernel: 'conv', bias: 'bias' }],
      ['batchNorm', 'bn', ['conv'], { epsilon: 1e-3 }, { gamma: 'g', beta: 'b', mean: 'm', variance: 'v' }],
      ['activation', 'relu', ['bn'], { activation: 'relu6' }],
      ['conv2d', 'depth', ['relu'], { padding: 'same', groups: 4 }, { kernel: 'depth' }],
      ['batchNorm', 'bn2', ['depth'], { epsilon: 0 }, { mean: 'm', variance: 'v' }],
      ['add', 'sum', ['relu', 'bn2']],
      ['activation', 'out', ['sum'], { activation: 'relu' }],
      ['dropout', 'drop', ['out']],
      ['globalAvgPool', 'pooled', ['drop']],
      ['dense', 'fc', ['pooled'], {}, { kernel: 'fc' }],
      ['mul', 'scaled', ['fc'], {}, { constant: 's' }],
      ['add', 'shifted', ['scaled'], {}, { constant: 'm' }],
      ['activation', 'end', ['shifted'], { activation: 'tanh' }],
    ],
    {
      conv: kernel([3, 3, 3, 4]),
      bias: randomWeight([4], next),
      g: randomWeight([4], next),
      b: randomWeight([4], next),
      m: randomWeight([4], next),
      v: positive(),
      depth: kernel([3, 3, 1, 4]),
      fc: kernel([4, 4]),
      s: randomWeight([1], next),
    },
  );
}

const inputOf = (seed: number, size: number) => Float32Array.from({ length: size * size * 3 }, random(seed));

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++)
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(expected[i]!)));
}

describe.each([
  ['foldBatchNorm', foldBatchNorm],
  ['fuseActivations', fuseActivations],
  ['removeIdentities', removeIdentities],
])('%s', (_, pass) => {
  it('changes no output, whatever the weights', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, quantised) => {
        const graph = network(seed, quantised);
        const passed = pass(graph);
        validateGraph(passed);
        expect(passed.ops.length).toBeLessThan(graph.ops.length);
        const input = inputOf(seed + 1, 5);
        const [before, after] = [evaluate(graph, input, 5), evaluate(passed, input, 5)];
        for (const name of after.keys()) expectClose(after.get(name)!, before.get(name)!);
        expect(after.has('end')).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the graph that it was given as it was', () => {
    const graph = network(3, true);
    const before = JSON.stringify([graph.ops, [...graph.weights]]);
    pass(graph);
    expect(JSON.stringify([graph.ops, [...graph.weights]])).toBe(before);
  });
});

describe('foldBatchNorm', () => {
  it('folds batch-norm, constant factor and constant summand, and drops their weights', () => {
    const folded = foldBatchNorm(network(1, false));
    expect(folded.ops.map((op) => op.name)).toEqual([
      'bn',
      'relu',
      'bn2',
      'sum',
      'out',
      'drop',
      'pooled',
      'shifted',
      'end',
    ]);
    expect([...folded.weights.keys()].toSorted()).toEqual([
      'bn#bias',
      'bn#kernel',
      'bn2#bias',
      'bn2#kernel',
      'shifted#bias',
      'shifted#kernel',
    ]);
  });

  it('leaves a convolution alone whose own output is a tap, or is read by another layer', () => {
    const graph = network(1, false);
    expect(foldBatchNorm(graph, ['conv']).ops.map((op) => op.name)).toContain('conv');
    const shared = { ...graph, ops: [...graph.ops, { ...graph.ops[2]!, name: 'other', inputs: ['conv'] }] };
    expect(foldBatchNorm(shared).ops.map((op) => op.name)).toContain('conv');
  });

  it('does not fold across an activation', () => {
    const graph = network(1, false);
    const activated = { ...graph.ops[0]!, attrs: { ...graph.ops[0]!.attrs, activation: 'relu' as const } };
    const folded = foldBatchNorm({ ...graph, ops: [activated, ...graph.ops.slice(1)] });
    expect(folded.ops.map((op) => op.name)).toContain('conv');
  });
});

describe('fuseActivations', () => {
  it('keeps a quantised kernel as the integers that it is', () => {
    const graph = graphOf(
      [
        ['conv2d', 'conv', ['input'], {}, { kernel: 'k' }],
        ['add', 'biased', ['conv'], {}, { constant: 'c' }],
        ['activation', 'relu', ['biased'], { activation: 'leakyRelu', alpha: 0.1 }],
      ],
      { k: randomQuantised([1, 1, 3, 2], random(1)), c: randomWeight([2], random(2)) },
    );
    const fused = fuseActivations(graph);
    expect(fused.ops).toMatchObject([
      { name: 'relu', op: 'conv2d', attrs: { activation: 'leakyRelu', alpha: 0.1 } },
    ]);
    expect(fused.weights.get('k')).toBe(graph.weights.get('k'));
  });
});

describe('cutAtTaps', () => {
  const graph = network(5, false);

  it('keeps what the taps need, and no weight more', () => {
    const { graph: cut, outputs } = cutAtTaps(graph, [{ op: 'relu', pooling: 'avg' }]);
    expect(cut.ops.map((op) => op.name)).toEqual(['conv', 'bn', 'relu']);
    expect([...cut.weights.keys()].toSorted()).toEqual(['b', 'bias', 'conv', 'g', 'm', 'v']);
    expect(outputs).toEqual(['relu']);
  });

  it('serves several taps at once, in the order in which they are asked for', () => {
    const taps = ['out', 'relu', 'drop'].map((op) => ({ op, pooling: 'avg' as const }));
    expect(cutAtTaps(graph, taps).outputs).toEqual(['out', 'relu', 'out']);
  });

  it('refuses a tap that does not exist', () => {
    expect(() => cutAtTaps(graph, [{ op: 'nowhere', pooling: 'avg' }])).toThrow(/no layer "nowhere"/);
  });

  it('reads before an activation that stands alone, and before a fused one', () => {
    const input = inputOf(6, 5);
    const expected = evaluate(graph, input, 5).get('sum')!;
    const taps = [
      { op: 'out', pooling: 'avg' as const, pre: true },
      { op: 'out', pooling: 'avg' as const },
    ];
    for (const source of [graph, fuseActivations(graph)]) {
      const { graph: small, outputs } = optimise(source, taps);
      validateGraph(small);
      const values = evaluate(small, input, 5);
      expectClose(values.get(outputs[0]!)!, expected);
      expectClose(
        values.get(outputs[1]!)!,
        expected.map((v) => Math.max(0, v)),
      );
    }
  });
});

describe('tailAfterTap', () => {
  const graph = network(5, false);

  it('refuses a cut that would take a layer out of the middle, and names the shortcut', () => {
    expect(() => tailAfterTap(graph, { op: 'bn2', pooling: 'none' }, 4)).toThrow(
      /cannot be cut after "bn2": layer "sum" also reads "relu"/,
    );
  });

  it('continues where the cut trunk ends', () => {
    const input = inputOf(9, 5);
    const tap = { op: 'out', pooling: 'none' as const };
    const tail = tailAfterTap(graph, tap, 4);
    validateGraph(tail);
    const { graph: trunk, outputs } = cutAtTaps(graph, [tap]);
    const middle = evaluate(trunk, input, 5).get(outputs[0]!)!;
    expectClose(evaluate(tail, middle, 5).get('end')!, evaluate(graph, input, 5).get('end')!);
  });

  it('refuses to cut after the last layer', () => {
    expect(() => tailAfterTap(graph, { op: 'end', pooling: 'none' }, 4)).toThrow(/Nothing comes after/);
  });
});
