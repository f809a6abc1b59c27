import { describe, expect, it } from 'vitest';
import { presets, recipeOf } from './recipe-options.ts';

describe('the recipe options', () => {
  it('take a preset, and let single options override it', () => {
    expect(recipeOf({ preset: 'caffe-bgr' })).toEqual(presets['caffe-bgr']);
    expect(recipeOf({ preset: 'caffe-bgr', fit: 'cover', size: '227' })).toMatchObject({
      channelOrder: 'bgr',
      mean: [104, 117, 123],
      fit: 'cover',
      size: 227,
    });
  });

  it('make of imagenet-torch what torchvision computes: (pixel/255 − mean) / std', () => {
    const { mean, scale } = presets['imagenet-torch'];
    const [pixel, m, s] = [200, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]] as const;
    for (let c = 0; c < 3; c++)
      expect((pixel - mean[c]!) * scale[c]!).toBeCloseTo((pixel / 255 - m[c]!) / s[c]!, 12);
  });

  it('read one number for three, and fractions', () => {
    expect(recipeOf({ mean: '127.5', scale: '1/127.5' })).toEqual({
      mean: [127.5, 127.5, 127.5],
      scale: [1 / 127.5, 1 / 127.5, 1 / 127.5],
    });
    expect(recipeOf({ mean: '1,2,3' }).mean).toEqual([1, 2, 3]);
  });

  it.each([
    [{ preset: 'imagenet' }, '--preset'],
    [{ mean: '1,2' }, '--mean'],
    [{ scale: 'x' }, '--scale'],
    [{ scale: '' + '/2' }, '--scale'],
    [{ size: '0' }, '--size'],
    [{ size: '22.5' }, '--size'],
    [{ channels: 'grb' }, '--channels'],
    [{ fit: 'pad' }, '--fit'],
  ])('are refused with their name: %j', (options, name) => {
    expect(() => recipeOf(options)).toThrow(name);
  });
});
