// The preprocessing recipe as the card carries it. The same shape as lib/image's Recipe, declared here because
// neither folder may import the other; where both meet, the compiler compares them.

import { z } from 'zod';
import { maxInputSide } from './shapes.ts';

const triple = z.tuple([z.number(), z.number(), z.number()]);

export const recipeSchema = z.object({
  /** Input side in pixels; the input is square. */
  size: z.int().min(1).max(maxInputSide),
  fit: z.enum(['stretch', 'cover']),
  channelOrder: z.enum(['rgb', 'bgr']),
  /** In the channel order given: value = (pixel − mean) × scale, pixels 0..255. */
  mean: triple,
  scale: triple,
});
export type Recipe = z.infer<typeof recipeSchema>;
