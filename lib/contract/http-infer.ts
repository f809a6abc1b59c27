// Requests and answers of inference: classifying with one head or several, codes, one image or a form of many.

import { z } from 'zod';
import { Confidence } from './documents.ts';
import { ProblemSchema } from './http.ts';
import { Name, VersionNumber } from './names.ts';

/** Heads that one request may ask. */
export const maxHeadsAtOnce = 8;

const topK = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a whole number from 1')
  .transform(Number)
  .optional()
  .meta({ description: 'How many labels to name, the likeliest first; all where it is left out' });
const version = /^\d{1,15}$/;

/** Each once: a name and its decomposed form are one. */
const HeadNames = z
  .string()
  .transform((text) => text.split(','))
  .pipe(
    z
      .array(Name)
      .max(maxHeadsAtOnce, `at most ${maxHeadsAtOnce} heads may be asked at once`)
      .refine((names) => new Set(names).size === names.length, 'a head may be named once'),
  )
  .meta({ description: `Names of 1 to ${maxHeadsAtOnce} heads, with commas between them` });

export const ClassifyQuery = z.object({
  topK,
  minVersion: z
    .string()
    .regex(version, 'must be a whole number')
    .transform(Number)
    .optional()
    .meta({ description: 'The lowest version that may answer' }),
});

export const ClassifyWithQuery = z
  .object({
    heads: HeadNames,
    topK,
    minVersion: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.string().regex(version, 'must be whole numbers')))
      .transform((texts) => texts.map(Number))
      .optional()
      .meta({ description: 'The lowest version of each head, in their order; 0 where any will do' }),
  })
  .refine(({ heads, minVersion }) => !minVersion || minVersion.length === heads.length, {
    path: ['minVersion'],
    message: 'must have one number for each head',
  });

export const PredictionSchema = z.object({ label: Name, probability: z.number() });

/** What a head says of an image. */
export const VerdictSchema = z.object({
  predictions: z.array(PredictionSchema),
  /** True where the image looks like none of the labels; left out by a head that cannot tell. */
  none: z.boolean().optional(),
  confidence: Confidence,
});
export type Verdict = z.infer<typeof VerdictSchema>;

/** An image of a form that could not be read; the others are answered. */
const RefusedImage = z.object({ name: z.string().optional(), error: ProblemSchema });
/** A head that cannot answer; the others do. */
const RefusedHead = z.object({ head: Name, error: ProblemSchema });
const byVersion = { head: Name, version: VersionNumber };

/** Of one image. */
export const ClassifyAnswer = VerdictSchema.extend(byVersion);
/** Of the images of a form, in their order; one version answers for all. */
export const ClassifyFormAnswer = z.object({
  ...byVersion,
  results: z.array(z.union([VerdictSchema.extend({ name: z.string().optional() }), RefusedImage])),
});

/** Of one image by several heads, in the order in which they were named. */
export const ClassifyWithAnswer = z.object({ heads: z.array(z.union([ClassifyAnswer, RefusedHead])) });
export const ClassifyWithFormAnswer = z.object({
  results: z.array(z.union([ClassifyWithAnswer.extend({ name: z.string().optional() }), RefusedImage])),
});

export const CodesQuery = z.object({ backbone: Name.optional(), tap: z.string().min(1).max(200).optional() });
export const CodesAnswer = z.object({
  backbone: Name,
  tap: z.string(),
  dims: z.number().int().positive(),
  codes: z.array(z.array(z.number())),
});
/** Of the images of a form, in their order. */
export const CodesFormAnswer = z.object({
  backbone: Name,
  tap: z.string(),
  /** Null where no image could be read. */
  dims: z.number().int().positive().nullable(),
  codes: z.array(z.array(z.number()).nullable()),
  /** Of the images without a code, by their place in the form, from 0. */
  errors: z.array(RefusedImage.extend({ index: z.number().int().nonnegative() })),
});
