// What a training that moves layers may be told. Everything may be left out: strategies have defaults of their own.

import { z } from 'zod';

export const Device = z.enum(['auto', 'cpu', 'gpu']);
export type DeviceName = z.infer<typeof Device>;

export const TuningSchema = z.strictObject({
  /** fine-tune-top: layers after this tap move (an alias, a layer, or `<tap>:pre`). */
  from: z.string().min(1).max(1024).optional(),
  epochs: z.number().int().min(1).max(500).optional(),
  batchSize: z.number().int().min(2).max(256).optional(),
  /** Of the head at its highest, after warm-up. */
  learningRate: z.number().positive().max(10).optional(),
  /** Learning rate of the head ÷ that of the last pretrained layer; 1: the same everywhere (with `depthDecay` 1). */
  headRatio: z.number().min(1).max(1e6).optional(),
  /** Learning rate of a layer ÷ that of the next later one. */
  depthDecay: z.number().min(0.01).max(1).optional(),
  weightDecay: z.number().min(0).max(1).optional(),
  /** False: pictures as they are. */
  augment: z.boolean().optional(),
  /** Epochs without a better held-out loss after which it ends. */
  patience: z.number().int().min(1).max(500).optional(),
  /** False: publishes the layers that the held-out examples judged, instead of ones fitted on all examples after that. */
  refit: z.boolean().optional(),
  /** Ends after so many steps, whatever the epochs. */
  maxSteps: z.number().int().min(1).max(10_000_000).optional(),
});
export type Tuning = z.infer<typeof TuningSchema>;
