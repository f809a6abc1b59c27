import { describe, expect, it } from 'vitest';
import { type CodeSpace, canonicalJson, codeSpaceDigest } from './index.ts';

const space: CodeSpace = {
  backbone: '0123456789abcdef'.repeat(4),
  taps: [
    { op: 'expanded_conv_14/expand/Relu6', pooling: 'avg', pre: false },
    { op: 'ünïcode', pooling: 'none', pre: true },
  ],
  arithmetic: { kind: 'float32', quantisation: null, kernel: 'tfjs-wasm-4.22' },
  recipe: {
    size: 224,
    fit: 'stretch',
    channelOrder: 'rgb',
    mean: [127.5, 127.5, 0.1],
    scale: [1 / 127.5, 1e-7, 1e21],
  },
  imagePipeline: '1',
};

/** The same value with every object's keys the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}

describe('a code space’s digest', () => {
  // Pinned: if one of these changes, every stored code is lost to every head. That takes a new format number.
  it('is this one for this document', async () => {
    expect(canonicalJson(space)).toBe(
      '{"arithmetic":{"kernel":"tfjs-wasm-4.22","kind":"float32","quantisation":null},' +
        `"backbone":"${space.backbone}","imagePipeline":"1",` +
        '"recipe":{"channelOrder":"rgb","fit":"stretch","mean":[127.5,127.5,0.1],' +
        '"scale":[0.00784313725490196,1e-7,1e+21],"size":224},' +
        '"taps":[{"op":"expanded_conv_14/expand/Relu6","pooling":"avg","pre":false},' +
        '{"op":"ünïcode","pooling":"none","pre":true}]}',
    );
    expect(await codeSpaceDigest(space)).toBe(
      '4cdcccf2ce4fe34bcbda4da255e6bb1083bca8ec1db032cd7b766dd52d68581f',
    );
  });

  it('does not depend on the order of keys, on unknown ones, or on a default left out', async () => {
    const expected = await codeSpaceDigest(space);
    expect(await codeSpaceDigest(reversed(space) as CodeSpace)).toBe(expected);
    expect(await codeSpaceDigest({ ...space, note: 'x' } as CodeSpace)).toBe(expected);
    const [{ pre: _, ...first }, second] = space.taps as [CodeSpace['taps'][0], CodeSpace['taps'][0]];
    expect(await codeSpaceDigest({ ...space, taps: [first, second] } as CodeSpace)).toBe(expected);
  });

  it('changes with everything that changes a code', async () => {
    const others: CodeSpace[] = [
      { ...space, backbone: 'f'.repeat(64) },
      { ...space, taps: [...space.taps].reverse() },
      { ...space, taps: space.taps.slice(0, 1) },
      { ...space, taps: space.taps.map((tap) => ({ ...tap, pooling: 'none' as const })) },
      { ...space, taps: space.taps.map((tap) => ({ ...tap, pre: false })) },
      { ...space, arithmetic: { ...space.arithmetic, kind: 'int8' } },
      { ...space, arithmetic: { ...space.arithmetic, quantisation: 'f'.repeat(64) } },
      { ...space, arithmetic: { ...space.arithmetic, kernel: '2' } },
      { ...space, recipe: { ...space.recipe, size: 192 } },
      { ...space, recipe: { ...space.recipe, fit: 'cover' } },
      { ...space, recipe: { ...space.recipe, channelOrder: 'bgr' } },
      { ...space, recipe: { ...space.recipe, mean: [127.5, 127.5, 0] } },
      { ...space, recipe: { ...space.recipe, scale: [1, 1, 1] } },
      { ...space, imagePipeline: '2' },
    ];
    const digests = await Promise.all([space, ...others].map(codeSpaceDigest));
    expect(new Set(digests).size).toBe(others.length + 1);
  });

  it('is refused for what is no code space', () => {
    expect(() => codeSpaceDigest({ ...space, taps: [] })).toThrow();
    expect(() => codeSpaceDigest({ ...space, recipe: { ...space.recipe, size: Number.NaN } })).toThrow();
    expect(() => canonicalJson(undefined)).toThrow(TypeError);
  });
});
