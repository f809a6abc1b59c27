// What a training says about its head. Deterministic: no times, no dates, so that a repeated training gives
// the same report. Fields that the first release did not write are optional.

import { z } from 'zod';

const MetricsSchema = z.object({
  n: z.number().int().nonnegative(),
  accuracy: z.number(),
  /** Mean recall of the labels that were judged. */
  balancedAccuracy: z.number().optional(),
  logLoss: z.number(),
  perClass: z.array(
    z.object({
      label: z.string(),
      precision: z.number(),
      recall: z.number(),
      f1: z.number(),
      support: z.number().int().nonnegative(),
    }),
  ),
  /** Rows are the truth, columns the prediction, both in label order. */
  confusion: z.array(z.array(z.number().int().nonnegative())),
});

/** Errors and losses are null where no prediction was judged. */
const CalibrationReportSchema = z.object({
  method: z.enum(['none', 'temperature', 'platt']),
  from: z.enum(['out-of-fold', 'held-out', 'kept', 'none']),
  n: z.number().int().nonnegative(),
  eceBefore: z.number().nullable(),
  ece: z.number().nullable(),
  logLossBefore: z.number().nullable(),
  logLossAfter: z.number().nullable(),
  reason: z.string().nullable(),
});

export const ReportSchema = z.looseObject({
  examples: z.number().int().nonnegative(),
  labels: z.array(z.object({ label: z.string(), count: z.number().int().nonnegative() })),
  dims: z.number().int().positive(),
  strength: z.number().positive(),
  strengthFrom: z.enum(['cross-validation', 'given', 'kept', 'default']).optional(),
  classWeights: z.enum(['none', 'balanced']).optional(),
  /** `train`: a tail was fitted without the held-out examples, which decided when to stop. */
  fittedOn: z.enum(['all', 'train']),
  heldOut: MetricsSchema.nullable(),
  outOfFold: MetricsSchema.nullable(),
  calibration: CalibrationReportSchema.optional(),
});
