// Requests and answers of advice, and of sharing a fine-tuned version as a backbone.

import { z } from 'zod';
import { AdviceSchema } from './advice.ts';
import { ShareSchema } from './jobs.ts';
import { Digest, Name } from './names.ts';

/** Which backbone is judged on the dataset; the deployment's own at its own size where left out. */
export const AdviceRequest = z.strictObject({
  backbone: Name.optional(),
  /** Input side in pixels. */
  size: z.number().int().min(32).max(1024).optional(),
});
export type AdviceRequestData = z.infer<typeof AdviceRequest>;

export const AdviceQuery = z.object({ backbone: Name.optional() });

/** advice/<ds>/<backbone>.json: the latest advice on a dataset and a backbone. */
export const StoredAdviceSchema = z.object({
  ...AdviceSchema.shape,
  /** In which the evidence was gathered. */
  codeSpace: Digest,
  /** Of the digests and labels that the advice rests on. */
  examplesDigest: Digest,
  created: z.iso.datetime(),
});
export type StoredAdvice = z.infer<typeof StoredAdviceSchema>;

export const AdviceAnswer = z.object({
  ...AdviceSchema.shape,
  codeSpace: Digest,
  created: z.iso.datetime(),
  /** True if images have come, gone or changed their label since, or the name stands for another backbone. */
  stale: z.boolean(),
});
export type AdviceData = z.infer<typeof AdviceAnswer>;

/** POST /v1/backbones: the version `version` of `head` becomes the backbone `name`. */
export const BackboneRequest = z.strictObject(ShareSchema.shape);
