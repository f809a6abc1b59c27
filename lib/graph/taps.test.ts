import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../errors/index.ts';
import type { Graph } from './graph.ts';
import { resolveTap, tapsOf } from './taps.ts';
import { graphOf, random, randomWeight } from './testing.ts';

const next = random(1);
const weights = {
  k: randomWeight([3, 3, 3, 4], next),
  one: randomWeight([1, 1, 4, 4], next),
  v: randomWeight([4], next),
  fc: randomWeight([4, 4], next),
  fc6: randomWeight([64, 8], next),
  fc7: randomWeight([8, 8], next),
};
const trunk: Parameters<typeof graphOf>[0] = [
  ['conv2d', 'conv', ['input'], { padding: 'same' }, { kernel: 'k' }],
  ['batchNorm', 'bn', ['conv'], {}, { mean: 'v', variance: 'v' }],
  ['activation', 'relu', ['bn'], { activation: 'relu' }],
];
const final = (rest: typeof trunk, size = 8) => tapsOf(graphOf([...trunk, ...rest], weights), size).final;

describe('final', () => {
  it.each([
    [1000, 'relu'],
    [1024, 'scores'],
  ])('lies before a last convolution with as many channels as ImageNet has classes: %s', (channels, op) => {
    const wide = randomWeight([1, 1, 4, channels], next);
    const rest: typeof trunk = [
      ['conv2d', 'scores', ['relu'], {}, { kernel: 'wide' }],
      ['globalAvgPool', 'pool', ['scores']],
    ];
    expect(tapsOf(graphOf([...trunk, ...rest], { ...weights, wide }), 8).final?.op).toBe(op);
  });

  it('is the last map before global pooling and the dense classifier', () => {
    const rest: typeof trunk = [
      ['globalAvgPool', 'pool', ['relu']],
      ['dense', 'scores', ['pool'], {}, { kernel: 'fc' }],
      ['softmax', 'softmax', ['scores']],
    ];
    expect(final(rest)).toEqual({ op: 'relu', pooling: 'avg' });
  });

  it('is the same where the global pooling is written as a window over the whole map', () => {
    const rest: typeof trunk = [
      ['avgPool', 'pool', ['relu'], { window: [8, 8] }],
      ['reshape', 'squeezed', ['pool'], { shape: [-1] }],
      ['dense', 'scores', ['squeezed'], {}, { kernel: 'fc' }],
    ];
    expect(final(rest)?.op).toBe('relu');
  });

  it('is the same where the classifier is a convolution after the pooling (Keras MobileNet)', () => {
    const rest: typeof trunk = [
      ['globalAvgPool', 'pool', ['relu']],
      ['reshape', 'map', ['pool'], { shape: [1, 1, -1] }],
      ['dropout', 'dropout', ['map']],
      ['conv2d', 'predictions', ['dropout'], {}, { kernel: 'one', bias: 'v' }],
      ['reshape', 'flat', ['predictions'], { shape: [-1] }],
      ['softmax', 'softmax', ['flat']],
    ];
    expect(final(rest)?.op).toBe('relu');
  });

  it.each([true, false])(
    'lies before a convolution that makes class scores (SqueezeNet), softmax: %s',
    (softmax) => {
      const rest: typeof trunk = [
        ['concat', 'fire9', ['relu', 'relu']],
        ['dropout', 'drop9', ['fire9']],
        ['conv2d', 'conv10', ['drop9'], {}, { kernel: 'wide', bias: 'v' }],
        ['activation', 'relu10', ['conv10'], { activation: 'relu' }],
        ['globalAvgPool', 'pool10', ['relu10']],
        ...(softmax ? ([['softmax', 'prob', ['pool10']]] as typeof trunk) : []),
      ];
      const wide = randomWeight([1, 1, 8, 4], next);
      expect(tapsOf(graphOf([...trunk, ...rest], { ...weights, wide }), 8).final?.op).toBe('fire9');
    },
  );

  it('is the end of a network that has no classifier, pooled or not', () => {
    expect(final([])?.op).toBe('relu');
    expect(final([['globalAvgPool', 'pool', ['relu']]])?.op).toBe('relu');
  });

  it('stays in the trunk when an attention branch of it pools globally', () => {
    const rest: typeof trunk = [
      ['globalAvgPool', 'squeeze', ['relu']],
      ['reshape', 'map', ['squeeze'], { shape: [1, 1, -1] }],
      ['conv2d', 'gate', ['map'], { activation: 'sigmoid' }, { kernel: 'one' }],
      ['mul', 'excite', ['gate', 'relu']],
      ['globalAvgPool', 'pool', ['excite']],
      ['dense', 'scores', ['pool'], {}, { kernel: 'fc' }],
    ];
    expect(final(rest)?.op).toBe('excite');
  });

  it('is the last pooled map of a network with dense layers, which are taps of their own', () => {
    const rest: typeof trunk = [
      ['maxPool', 'pool5', ['relu'], { window: [2, 2], stride: [2, 2] }],
      ['flatten', 'flat', ['pool5']],
      ['dense', 'fc6', ['flat'], { activation: 'relu' }, { kernel: 'fc6' }],
      ['dense', 'fc7', ['fc6'], { activation: 'relu' }, { kernel: 'fc7' }],
    ];
    const taps = tapsOf(graphOf([...trunk, ...rest], weights), 8);
    expect(taps.final?.op).toBe('pool5');
    expect(taps.fc7).toEqual({ op: 'fc7', pooling: 'none' });
  });

  it('does not exist on a network without a map', () => {
    const graph = graphOf([['flatten', 'flat', ['input']]]);
    expect(() => tapsOf(graph, 8)).toThrow(/no place to read a code/);
  });
});

describe('an alias', () => {
  it('stands for the whole layer, where its name is that of a convolution with its activation apart', () => {
    const graph = graphOf(
      [
        ['conv2d', 'net/expanded_conv_2/expand/Relu6', ['input'], {}, { kernel: 'k' }],
        ['activation', 't1', ['net/expanded_conv_2/expand/Relu6'], { activation: 'relu6' }],
      ],
      weights,
    );
    expect(tapsOf(graph, 8).block_2_expand).toEqual({ op: 't1', pooling: 'avg' });
  });
});

describe('resolveTap', () => {
  const bare = graphOf(
    [
      ...trunk,
      ['globalAvgPool', 'net/head/pool', ['relu']],
      ['dense', 'net/fc', ['net/head/pool'], {}, { kernel: 'fc' }],
    ],
    weights,
  );
  const graph: Graph = { ...bare, taps: tapsOf(bare, 8) };

  it('takes an alias, a full name, or an ending that only one layer has', () => {
    expect(resolveTap(graph, undefined, 'relu')).toEqual({ op: 'relu', pooling: 'avg' });
    expect(resolveTap(graph, undefined, 'net/fc')).toEqual({ op: 'net/fc', pooling: 'none' });
    expect(resolveTap(graph, undefined, 'head/pool')).toEqual({ op: 'net/head/pool', pooling: 'none' });
  });

  it('reads a convolution after its batch-norm and activation, and before the activation with :pre', () => {
    expect(resolveTap(graph, undefined, 'conv')).toEqual({ op: 'relu', pooling: 'avg' });
    expect(resolveTap(graph, undefined, 'conv:pre')).toEqual({ op: 'relu', pooling: 'avg', pre: true });
  });

  it("takes the card's default when no name is given, else `final`", () => {
    expect(resolveTap(graph, { defaultTap: 'net/fc' }).op).toBe('net/fc');
    expect(resolveTap(graph, undefined).op).toBe('relu');
  });

  it.each(['nowhere', '', ':pre', '__proto__', 'toString'])('refuses "%s" and lists the aliases', (name) => {
    try {
      resolveTap(graph, undefined, name);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(HeadwaterError);
      expect(error).toMatchObject({ type: 'unknown-tap', facts: { taps: ['final', 'relu'] } });
    }
  });
});
