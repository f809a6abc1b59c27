import { describe, expect, it } from 'vitest';
import type { CodeSpace } from '../contract/index.ts';
import { pipelineVersion } from '../image/index.ts';
import { float32, kernelOf } from './arithmetic.ts';
import { codeSpaceOf, defaultTapOf, parseBackbone } from './backbone.ts';
import { placeOf, placeOfSpace } from './code-place.ts';
import { placeKey } from './plans.ts';
import { servedKernels, servedPipelines } from './stand-ins.ts';
import { makeTiny } from './testing/tiny-node.ts';

const { file, digest } = await makeTiny(1);
const backbone = parseBackbone(file, 'tiny 1', digest);
const space = codeSpaceOf(backbone, [defaultTapOf(backbone)]);
const arithmetic = (changes: Partial<CodeSpace['arithmetic']>) => ({
  ...space,
  arithmetic: { ...space.arithmetic, ...changes },
});
const unavailable = expect.objectContaining({ type: 'code-space-unavailable' });

describe('the place of a code space', () => {
  it('is the one that its codes were made at', () => {
    const { materials: _, ...place } = placeOfSpace(backbone, space, 'fill');
    expect(placeOf(backbone)).toMatchObject(place);
  });

  it('is in the arithmetic of the space, whatever the backbone makes now', () => {
    const now = { ...backbone, arithmetic: { kind: 'int8', quantisation: 'a'.repeat(64) } as const };
    expect(placeOfSpace(now, space, 'fill').arithmetic).toEqual(float32);
    const quantisation = 'b'.repeat(64);
    const other = arithmetic({ kind: 'int16', kernel: kernelOf('int16'), quantisation });
    expect(placeOfSpace(now, other, 'fill').arithmetic).toEqual({ kind: 'int16', quantisation });
  });

  it('does not mind the order in which a recipe was written down', () => {
    const recipe = Object.fromEntries(Object.entries(space.recipe).reverse()) as CodeSpace['recipe'];
    expect(() => placeOfSpace(backbone, { ...space, recipe }, 'fill')).not.toThrow();
  });

  it('may be at another input size than the backbone has', () => {
    const at64 = codeSpaceOf(backbone, space.taps, { size: 64 });
    const place = placeOfSpace(backbone, at64, 'fill');
    expect(place.recipe).toEqual({ ...backbone.card.recipe, size: 64 });
    expect(placeKey(place)).not.toBe(placeKey(placeOf(backbone)));
  });

  it.each<[string, CodeSpace]>([
    ['another file', { ...space, backbone: '1'.repeat(64) }],
    ['an unknown arithmetic', arithmetic({ kind: 'int4' })],
    ['a name that every object has', arithmetic({ kind: 'constructor' })],
    ['other kernels', arithmetic({ kernel: 'others/1' })],
    ['integers without their quantisation', arithmetic({ kind: 'int8', kernel: kernelOf('int8') })],
    ['another recipe', { ...space, recipe: { ...space.recipe, fit: 'cover' } }],
    ['a size that sees too little', { ...space, recipe: { ...space.recipe, size: 31 } }],
    ['a size that takes too much', { ...space, recipe: { ...space.recipe, size: 1025 } }],
    ['half a pixel', { ...space, recipe: { ...space.recipe, size: 64.5 } }],
    ['another image pipeline', { ...space, imagePipeline: 'other' }],
  ])('does not exist for %s', (_, other) => {
    expect(() => placeOfSpace(backbone, other, 'serve')).toThrow(unavailable);
  });

  it('is served, but never filled, by what stands in for a former release', () => {
    const former = [
      ...servedKernels
        .filter(({ now }) => now === kernelOf('float32'))
        .map(({ was }) => arithmetic({ kernel: was })),
      ...servedPipelines
        .filter(({ now }) => now === pipelineVersion)
        .map(({ was }) => ({ ...space, imagePipeline: was })),
    ];
    expect(former.length).toBeGreaterThan(0);
    for (const each of former) {
      expect(placeOfSpace(backbone, each, 'serve').arithmetic).toEqual(float32);
      expect(() => placeOfSpace(backbone, each, 'fill')).toThrow(unavailable);
    }
  });
});
