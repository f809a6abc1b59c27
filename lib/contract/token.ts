// The claims of a short-lived token, as they are signed.

import { z } from 'zod';
import { maxOriginsPerToken, Origin, TokenScope } from './http-keys.ts';
import { Name, Ulid } from './names.ts';

/** In the order in which they are written; what does not apply is left out. */
export const TokenClaimsSchema = z.strictObject({
  v: z.literal(1),
  id: Ulid,
  /** The id of the key that it was made with. */
  iss: z.string().regex(/^[\w-]{1,64}$/),
  scope: TokenScope,
  head: Name.optional(),
  dataset: Name.optional(),
  /** Seconds since 1970. */
  exp: z.number().int().positive(),
  origins: z.array(Origin).min(1).max(maxOriginsPerToken).optional(),
});
export type TokenClaims = z.infer<typeof TokenClaimsSchema>;
