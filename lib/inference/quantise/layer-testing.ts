// Layers with hostile weights, for tests: huge and tiny ones, all of one sign, all zero, biases out of proportion.

import fc from 'fast-check';
import type { Graph, Op, Weight } from '../../graph/index.ts';
import { Random } from '../fixtures.ts';

export { Random };

export interface FixtureLayer {
  groups: number;
  taps: number;
  /** Of a group. */
  inputs: number;
  outputs: number;
  weights: number[];
  bias: number[];
}

const weight = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, -0.5, 1e-30, 1e6),
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.double({ min: 0.4, max: 0.5, noNaN: true }),
);

export const fixtureLayer: fc.Arbitrary<FixtureLayer> = fc
  .record({
    groups: fc.integer({ min: 1, max: 4 }),
    taps: fc.integer({ min: 1, max: 3 }),
    inputs: fc.integer({ min: 1, max: 19 }),
    perGroup: fc.integer({ min: 1, max: 3 }),
    pattern: fc.array(weight, { minLength: 1, maxLength: 40 }),
    bias: fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(0, 1e4, -1e9)),
  })
  .map(({ groups, taps, inputs, perGroup, pattern, bias }) => {
    const outputs = groups * perGroup;
    const length = taps * inputs * outputs;
    const weights = Array.from({ length }, (_, i) => pattern[i % pattern.length]!);
    return { groups, taps, inputs, outputs, weights, bias: Array.from({ length: outputs }, () => bias) };
  });

/** A graph of this one layer. */
export function graphOf(layer: FixtureLayer | { weight: Weight; bias: number[] }): [Graph, Op] {
  const isFixture = 'weights' in layer;
  const kernel: Weight = isFixture
    ? {
        kind: 'float32',
        shape: [1, layer.taps, layer.inputs, layer.outputs],
        data: Float32Array.from(layer.weights),
      }
    : layer.weight;
  const op: Op = {
    name: 'layer',
    op: kernel.shape.length === 4 ? 'conv2d' : 'dense',
    inputs: ['input'],
    attrs: isFixture ? { groups: layer.groups } : {},
    weights: { kernel: 'kernel', bias: 'bias' },
  };
  const bias: Weight = { kind: 'float32', shape: [layer.bias.length], data: Float32Array.from(layer.bias) };
  const weights = new Map([
    ['kernel', kernel],
    ['bias', bias],
  ]);
  return [{ ops: [op], input: { name: 'input', channels: 1 }, taps: {}, weights }, op];
}
