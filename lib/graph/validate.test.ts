import { describe, expect, it } from 'vitest';
import type { Graph, Op } from './graph.ts';
import { graphOf, random, randomWeight } from './testing.ts';
import { validateGraph } from './validate.ts';

const sound = graphOf(
  [
    ['conv2d', 'conv', ['input'], { groups: 1 }, { kernel: 'k', bias: 'b' }],
    ['add', 'sum', ['conv', 'conv']],
    ['activation', 'relu', ['sum'], { activation: 'relu' }],
  ],
  { k: randomWeight([3, 3, 3, 4], random(1)), b: randomWeight([4], random(2)) },
);

/** The sound graph with one op changed. */
const changed = (i: number, change: object): Graph => ({
  ...sound,
  ops: sound.ops.map((op, at) => (at === i ? ({ ...op, ...change } as Op) : op)),
});

describe('validateGraph', () => {
  it('passes a sound graph', () => {
    expect(() => validateGraph(sound)).not.toThrow();
  });

  it.each<[string, Graph, RegExp]>([
    ['no layers', { ...sound, ops: [] }, /no layers/],
    ['two layers of one name', changed(1, { name: 'conv' }), /Two layers are called "conv"/],
    ['a layer called like the input', changed(0, { name: 'input' }), /Two layers are called "input"/],
    ['a layer that reads a later one', changed(0, { inputs: ['relu'] }), /does not come before it/],
    ['an unknown op', changed(0, { op: 'wavelet' }), /is a "wavelet"/],
    ['an op of the prototype', changed(0, { op: 'constructor' }), /is a "constructor"/],
    ['too many inputs', changed(2, { inputs: ['sum', 'sum'] }), /cannot have 2 inputs/],
    [
      'a weight that is not there',
      changed(0, { weights: { kernel: 'x' } }),
      /weight "x", which is not in the file/,
    ],
    ['a missing kernel', changed(0, { weights: {} }), /not in the file/],
    ['a role of another op', changed(2, { weights: { kernel: 'k' } }), /cannot have the weight "kernel"/],
    ['a kernel of the wrong rank', changed(0, { weights: { kernel: 'b' } }), /kernel of 1 axes/],
    ['channels that groups do not divide', changed(0, { attrs: { groups: 3 } }), /not a multiple/],
    ['a stride of 0', changed(0, { attrs: { stride: [0, 1] } }), /bad stride/],
    [
      'padding below 0',
      changed(0, { attrs: { padding: { top: -1, right: 0, bottom: 0, left: 0 } } }),
      /bad padding/,
    ],
    ['an unknown activation', changed(2, { attrs: { activation: 'mish' } }), /activation "mish"/],
    ['an activation without a kind', changed(2, { attrs: {} }), /bad activation/],
    [
      'an add of one input without a constant',
      changed(1, { inputs: ['conv'] }),
      /two inputs, or one and a constant/,
    ],
    ['a channel shuffle without groups', changed(2, { op: 'channelShuffle', attrs: {} }), /number of groups/],
    [
      'a run of no channels',
      changed(2, { op: 'channelSlice', attrs: { start: 0, count: 0 } }),
      /run of channels/,
    ],
    [
      'a run of channels that begins before the first',
      changed(2, { op: 'channelSlice', attrs: { start: -1, count: 2 } }),
      /run of channels/,
    ],
    ['a tap that is nowhere', { ...sound, taps: { final: { op: 'x', pooling: 'avg' } } }, /Tap "final"/],
    [
      'a weight whose values do not fill its shape',
      {
        ...sound,
        weights: new Map([
          ...sound.weights,
          ['b', { kind: 'float32', shape: [4], data: new Float32Array(3) }],
        ]),
      },
      /has 3 values, which is not \[4\]/,
    ],
  ])('refuses %s', (_, graph, message) => {
    expect(() => validateGraph(graph)).toThrow(message);
  });
});
