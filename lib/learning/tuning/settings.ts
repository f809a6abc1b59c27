// What a training that moves layers is told, with every number filled in. The defaults are for a few hundred photos; what
// a request names replaces them one by one.

import type { Tuning } from '../../contract/index.ts';
import { type Augmentation, mildAugmentation } from './augment.ts';

export interface TuningSettings {
  /** The order of the examples, their augmentation. */
  seed: number;
  epochs: number;
  /** Ends after so many steps, whatever the epochs; null: the epochs decide. */
  maxSteps: number | null;
  batchSize: number;
  /** Of the head at its highest, after warm-up. */
  learningRate: number;
  /** Learning rate of the head ÷ that of the last pretrained layer. */
  headRatio: number;
  /** What the head's weights move of their rate, see headScaleOf. */
  headScale: number;
  /** Learning rate of a layer ÷ that of the next later one. */
  depthDecay: number;
  /** Decoupled: a step takes learning rate × this of each kernel away. */
  weightDecay: number;
  /** Share of the steps in which the learning rate rises from 0. */
  warmUp: number;
  /** A gradient longer than this is shortened to it. */
  clipNorm: number;
  /** Epochs without a better held-out loss after which it ends. */
  patience: number;
  /** Steps between looks at the held-out examples; null: at the end of each epoch. */
  evaluateEvery: number | null;
  /** Null: pictures as they are. */
  augmentation: Augmentation | null;
  /** How many versions of a picture frozen layers see, the picture as it is among them; epoch e trains on number e modulo
   *  this. Each costs a pass through those layers. */
  variants: number;
  /** How much of its running statistics a batch-norm keeps in a step. */
  statisticsMomentum: number;
  /** Training examples, without augmentation, that the gap to held-out accuracy is measured on; at most so many. */
  gapExamples: number;
  /** Seconds between checkpoints; 0: after every step. */
  checkpointSeconds: number;
}

/** Strategies that move layers. */
export type TuningStrategy = 'fine-tune-top' | 'fine-tune-all' | 'from-scratch';

const common = {
  maxSteps: null,
  batchSize: 16,
  learningRate: 1e-2,
  headRatio: 10,
  headScale: 1,
  depthDecay: 0.8,
  weightDecay: 1e-2,
  warmUp: 0.1,
  clipNorm: 1,
  evaluateEvery: null,
  augmentation: mildAugmentation,
  variants: 4,
  statisticsMomentum: 0.9,
  gapExamples: 1000,
  checkpointSeconds: 30,
};

/** By strategy. A few layers learn for ten epochs; a whole network has some thirty layers, whose rates
 *  fall slower with depth, or its first would stand still; fresh weights all learn at one rate, longer. */
export const tuningDefaults: Readonly<Record<TuningStrategy, Omit<TuningSettings, 'seed'>>> = {
  'fine-tune-top': { ...common, epochs: 10, patience: 4 },
  'fine-tune-all': { ...common, epochs: 15, patience: 5, learningRate: 3e-3, depthDecay: 0.9 },
  'from-scratch': {
    ...common,
    epochs: 40,
    patience: 15,
    learningRate: 2e-3,
    headRatio: 1,
    depthDecay: 1,
    weightDecay: 5e-2,
    clipNorm: 5,
  },
};

/** Beyond so many examples a fifth more of them changes little, and a training takes long. */
const refitUpTo = 2000;

/** Whether layers are trained once more on all examples, to be published. */
export const isRefitted = ({ refit }: Tuning, examples: number): boolean => refit ?? examples <= refitUpTo;

/** The defaults with what a request names in their place. */
export function resolveTuning(
  tuning: Tuning,
  defaults: Omit<TuningSettings, 'seed'>,
  seed: number,
): TuningSettings {
  const { augment, from: _from, refit: _refit, ...numbers } = tuning;
  const given = Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given, ...(augment === false && { augmentation: null }), seed };
}
