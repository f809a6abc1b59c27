// The tail of a fine-tuned version: the layers of its backbone from a place onwards, with weights of their own. What lies
// below stays the backbone's and is shared with every other head; the head's code space names it, with one unpooled tap
// (the graph's input, where all layers are the tail's).

import { z } from 'zod';
import { ArithmeticSchema } from './arithmetic.ts';
import { TapSchema } from './code-space.ts';
import { Digest } from './names.ts';

/** An object among the head's blobs. */
const BlobSchema = z.object({ digest: Digest, bytes: z.number().int().positive() });

export const TailSchema = z.object({
  /** The map that it reads: pooling `none`; the op is the graph's input where the whole network is the tail. */
  from: TapSchema,
  /** Where the code is read that the head's weights are for. */
  to: TapSchema,
  /** Of the map that it reads: [h, w, c]. */
  inputShape: z.tuple([
    z.number().int().positive(),
    z.number().int().positive(),
    z.number().int().positive(),
  ]),
  arithmetic: ArithmeticSchema,
  /** Kernel revision that its program is written for. */
  kernel: z.string().min(1),
  /** What an isolate needs for its plan. */
  memoryBytes: z.number().int().positive(),
  /** The plan as data, packed in the kernels' order: what an edge runs. */
  program: BlobSchema,
  /** The same layers in float32, batch-norm folded, as a backbone file: to share them and to build on them. */
  graph: BlobSchema,
  /** What it makes of a map of uniform numbers 0..`most` from a seeded generator: float32 in base64, equal to the bit for
   *  integers, within `tolerance` (relative to the largest) for float32, whose last bits depend on the CPU. */
  golden: z.object({
    seed: z.number().int().nonnegative(),
    most: z.number().positive(),
    code: z.base64(),
    tolerance: z.number().nonnegative(),
  }),
});
export type TailDocument = z.infer<typeof TailSchema>;
