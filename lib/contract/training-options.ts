// What a training may be told besides its data. A job keeps it, so that whoever takes the job up does the same, and a
// version's manifest says it, so that whoever trains it again does, too.

import { z } from 'zod';
import { Device, TuningSchema } from './tuning.ts';

/** How a version came about. */
export const Strategy = z.enum(['linear', 'linear-early', 'fine-tune-top', 'fine-tune-all', 'from-scratch']);
export type StrategyName = z.infer<typeof Strategy>;
/** What may be asked for: `auto` lets the advice decide. */
export const AskedStrategy = z.enum([...Strategy.options, 'auto']);
export type AskedStrategyName = z.infer<typeof AskedStrategy>;
export const ClassWeights = z.enum(['none', 'balanced']);

export const TrainingOptionsSchema = z.object({
  /** `balanced`: n ÷ (classes · n of the class) for each example; `none`: 1. */
  classWeights: ClassWeights.default('none'),
  /** C; null: chosen by cross-validation, or kept with a warm start. */
  strength: z.number().positive().nullable().default(null),
  /** False: never begin from the stable version. */
  warmStart: z.boolean().default(true),
  strategy: AskedStrategy.default('linear'),
  device: Device.default('auto'),
  tuning: TuningSchema.prefault({}),
});
export type TrainingOptions = z.infer<typeof TrainingOptionsSchema>;
