// What the edge Worker is given by its wrangler.toml. No secret among it: hashes and public keys only.

import type { ControlRpc } from '../../lib/contract/index.ts';
import type { R2BucketLike } from '../../lib/storage/r2.ts';

export interface Env {
  BUCKET: R2BucketLike;
  CONTROL: ControlRpc;
  /** Lowercase hexadecimal SHA-256 of the API key. */
  HEADWATER_KEY_SHA256: string;
  /** Public Ed25519 keys as JWK, by purpose. */
  HEADWATER_PUBLIC_KEYS: string;
  HEADWATER_REFRESH_MS?: string;
  HEADWATER_MAX_STALE_MS?: string;
}
