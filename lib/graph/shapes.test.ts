import { describe, expect, it } from 'vitest';
import { countMultiplyAdds } from './multiply-adds.ts';
import { inferShapes, maxInputSide } from './shapes.ts';
import { graphOf, random, randomWeight } from './testing.ts';

const next = random(1);
const small = graphOf(
  [
    ['conv2d', 'conv', ['input'], { stride: [2, 2], padding: 'same' }, { kernel: 'k' }],
    ['conv2d', 'depthwise', ['conv'], { groups: 8, padding: 'valid' }, { kernel: 'd' }],
    ['maxPool', 'pool', ['depthwise'], { window: [2, 2], stride: [2, 2], ceil: true }],
    ['pad', 'padded', ['pool'], { padding: { top: 1, right: 2, bottom: 3, left: 4 } }],
    ['concat', 'both', ['padded', 'padded'], { axis: -1 }],
    ['globalAvgPool', 'pooled', ['both']],
    ['reshape', 'map', ['pooled'], { shape: [1, 1, -1] }],
    ['mul', 'gated', ['both', 'map']],
    ['channelShuffle', 'shuffled', ['gated'], { groups: 4 }],
    ['channelSlice', 'half', ['shuffled'], { start: 0, count: 8 }],
    ['concat', 'whole', ['half', 'half']],
    ['flatten', 'flat', ['whole']],
    ['dense', 'scores', ['flat'], {}, { kernel: 'w' }],
  ],
  {
    k: randomWeight([3, 3, 3, 8], next),
    d: randomWeight([3, 3, 1, 8], next),
    w: randomWeight([9 * 11 * 16, 5], next),
  },
);

describe('inferShapes', () => {
  it('follows every op', () => {
    expect(Object.fromEntries(inferShapes(small, 23))).toEqual({
      input: [23, 23, 3],
      conv: [12, 12, 8],
      depthwise: [10, 10, 8],
      pool: [5, 5, 8],
      padded: [9, 11, 8],
      both: [9, 11, 16],
      pooled: [16],
      map: [1, 1, 16],
      gated: [9, 11, 16],
      shuffled: [9, 11, 16],
      half: [9, 11, 8],
      whole: [9, 11, 16],
      flat: [1584],
      scores: [5],
    });
  });

  it('says which layer binds the size when a dense layer does', () => {
    expect(() => inferShapes(small, 40)).toThrow(
      /Dense layer "scores" takes 1584 numbers, but gets .* at 40 pixels/,
    );
  });

  it('says which layer has no room when the size is too small', () => {
    expect(() => inferShapes(small, 4)).toThrow(/At 4 pixels layer "depthwise" gets a map of 2 × 2/);
  });

  it.each([0, -1, 1.5, Number.NaN, maxInputSide + 1])('refuses an input side of %s', (size) => {
    expect(() => inferShapes(small, size)).toThrow(/is not possible/);
  });

  it('refuses a map too large to hold', () => {
    const graph = graphOf([
      ['pad', 'p', ['input'], { padding: { top: 60000, right: 60000, bottom: 0, left: 0 } }],
    ]);
    expect(() => inferShapes(graph, 8)).toThrow(/too large to hold/);
  });

  it('refuses groups that do not divide the channels, and channels that are not there', () => {
    const shuffled = graphOf([['channelShuffle', 's', ['input'], { groups: 2 }]]);
    expect(() => inferShapes(shuffled, 8)).toThrow(/shuffles 2 groups of \[8,8,3\]/);
    const sliced = graphOf([['channelSlice', 's', ['input'], { start: 2, count: 2 }]]);
    expect(() => inferShapes(sliced, 8)).toThrow(/channels 2 to 4 of \[8,8,3\]/);
  });

  it('refuses channels that do not fit the kernel', () => {
    const graph = graphOf([['conv2d', 'c', ['input'], {}, { kernel: 'k' }]], {
      k: randomWeight([1, 1, 4, 2], next),
    });
    expect(() => inferShapes(graph, 8)).toThrow(/for 4 channels, but gets \[8,8,3\]/);
  });
});

describe('countMultiplyAdds', () => {
  it('counts convolutions, grouped ones too, and dense layers', () => {
    expect(countMultiplyAdds(small, 23)).toBe(144 * 9 * 3 * 8 + 100 * 9 * 8 + 1584 * 5);
  });
});
