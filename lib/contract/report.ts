// What a training says about its head. Deterministic: no times, no dates, so that a repeated training gives
// the same report.

import { z } from 'zod';

const MetricsSchema = z.object({
  n: z.number().int().nonnegative(),
  accuracy: z.number(),
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

export const ReportSchema = z.looseObject({
  examples: z.number().int().nonnegative(),
  labels: z.array(z.object({ label: z.string(), count: z.number().int().nonnegative() })),
  dims: z.number().int().positive(),
  strength: z.number().positive(),
  fittedOn: z.literal('all'),
  heldOut: MetricsSchema.nullable(),
  outOfFold: MetricsSchema.nullable(),
});
