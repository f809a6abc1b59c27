// A code space: everything that must be equal for two codes to be comparable, as one canonical document whose
// SHA-256 is its name. Adding a field later would rename every stored space, so all of them are here from the
// start, `null` where they don't apply yet.

import canonicalize from 'canonicalize';
import { z } from 'zod';
import { sha256 } from '../tensors/index.ts';
import { Digest } from './names.ts';

export const RecipeSchema = z.object({
  size: z.number().int().positive(),
  fit: z.enum(['stretch', 'cover']),
  channelOrder: z.enum(['rgb', 'bgr']),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  scale: z.tuple([z.number(), z.number(), z.number()]),
});

export const TapSchema = z.object({
  op: z.string().min(1),
  pooling: z.enum(['avg', 'none']),
  /** Read before the activation function. */
  pre: z.boolean().default(false),
});
export type TapData = z.infer<typeof TapSchema>;

export const CodeSpaceSchema = z.object({
  backbone: Digest,
  /** In the order in which their codes are concatenated. */
  taps: z.array(TapSchema).min(1),
  arithmetic: z.object({
    kind: z.string().min(1),
    quantisation: Digest.nullable(),
    kernel: z.string().min(1),
  }),
  recipe: RecipeSchema,
  imagePipeline: z.string().min(1),
});
export type CodeSpace = z.infer<typeof CodeSpaceSchema>;

/** Canonical JSON (RFC 8785) of any JSON value. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** The digest by which a code space is named in keys, manifests and segments. */
export const codeSpaceDigest = (space: CodeSpace) => sha256(canonicalJson(CodeSpaceSchema.parse(space)));
