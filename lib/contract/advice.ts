// Advice on a dataset and a backbone, with the evidence that it rests on: the stored document, which is the answer too.

import { z } from 'zod';
import { Digest, Name } from './names.ts';
import { Strategy } from './training-options.ts';
import { TuningSchema } from './tuning.ts';

/** An estimate with its 95 % interval. */
const EstimateSchema = z.object({ value: z.number(), low: z.number(), high: z.number() });

/** Linear heads on a share of the data: mean accuracy of cross-validation. */
const LearningCurvePoint = z.object({
  share: z.number(),
  examples: z.number().int(),
  accuracy: EstimateSchema,
});

/** One tap: what a linear head reaches there, and how far the dataset's activations are from the reference's. */
const LadderRung = z.object({
  tap: z.string(),
  op: z.string(),
  dims: z.number().int(),
  /** Share of the network's multiply-adds that lies below it. */
  depth: z.number(),
  accuracy: EstimateSchema,
  /** Of the activations there from the reference's, in nats (symmetric Kullback-Leibler); null without reference statistics. */
  distance: z.number().nullable(),
});

const SimilaritySchema = z.object({
  verdict: z.enum(['similar', 'unlike', 'unavailable']),
  /** What the distances are taken to: the original data by its batch-norm statistics, or a named reference set. */
  reference: z.string().nullable(),
  /** 0: as near as the named reference photographs; 1: as far as noise. */
  score: z.number().nullable(),
  /** Distances of named sets, for scale. */
  scale: z.array(z.object({ name: z.string(), distance: z.number() })),
  reason: z.string().nullable(),
});

export const EvidenceSchema = z.object({
  examples: z.number().int(),
  classes: z.number().int(),
  perClass: z.object({ least: z.number().int(), median: z.number(), most: z.number().int() }),
  learningCurve: z.array(LearningCurvePoint),
  ladder: z.array(LadderRung),
  similarity: SimilaritySchema,
  /** What fine-tuning would cost here, per strategy; measured on a few steps. */
  cost: z.array(z.object({ strategy: Strategy, seconds: z.number(), from: z.string().nullable() })),
  device: z.string(),
});
export type Evidence = z.infer<typeof EvidenceSchema>;

export const AdviceSchema = z.object({
  format: z.literal(1),
  dataset: Name,
  backbone: z.object({ name: Name, digest: Digest }),
  snapshot: Digest,
  /** CS231n's four: how much data, and how like the backbone's own. */
  case: z.enum(['small-similar', 'large-similar', 'small-unlike', 'large-unlike', 'unknown']),
  strategy: Strategy,
  /** Where codes would be read; where layers begin to move stands in `tuning.from`. */
  tap: z.string().nullable(),
  tuning: TuningSchema,
  /** Held-out accuracy to expect. */
  expected: EstimateSchema,
  /** Of the recommended strategy on this trainer. */
  seconds: z.number(),
  /** What doubling the data would bring, in accuracy. */
  doubling: EstimateSchema.nullable(),
  /** For a person: a few sentences, the first says what to do. */
  words: z.array(z.string()),
  evidence: EvidenceSchema,
});
export type Advice = z.infer<typeof AdviceSchema>;
