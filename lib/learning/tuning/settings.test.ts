import { describe, expect, it } from 'vitest';
import { TuningSchema } from '../../contract/index.ts';
import { resolveTuning, tuningDefaults } from './settings.ts';

const defaults = tuningDefaults['fine-tune-top'];

describe('resolveTuning', () => {
  it('is the strategy’s defaults where nothing is asked for', () => {
    expect(resolveTuning({}, defaults, 7)).toEqual({ ...defaults, seed: 7 });
  });

  it('has each number that is asked for in its place', () => {
    const asked = {
      epochs: 3,
      batchSize: 4,
      learningRate: 0.5,
      headRatio: 1,
      depthDecay: 1,
      weightDecay: 0,
      patience: 2,
      maxSteps: 9,
    };
    expect(resolveTuning({ ...asked, from: 'conv', refit: false }, defaults, 1)).toEqual({
      ...defaults,
      ...asked,
      seed: 1,
    });
    const elsewhere = ['augment', 'from', 'refit'];
    expect(Object.keys(TuningSchema.shape).sort()).toEqual([...elsewhere, ...Object.keys(asked)].sort());
  });

  it('leaves pictures as they are only when that is asked for', () => {
    expect(resolveTuning({ augment: false }, defaults, 1).augmentation).toBeNull();
    expect(resolveTuning({ augment: true }, defaults, 1).augmentation).toEqual(defaults.augmentation);
    expect(resolveTuning({ epochs: undefined }, defaults, 1).epochs).toBe(defaults.epochs);
  });
});
