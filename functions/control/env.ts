// What the control Worker is given by its wrangler.toml and its secrets.

import type { R2BucketLike } from '../../lib/storage/r2.ts';
import type { DatasetCoordinator } from './coordinator/coordinator.ts';

export interface Env {
  BUCKET: R2BucketLike;
  COORDINATOR: {
    getByName(name: string): DatasetCoordinator;
  };
  /** Base URL of the trainer. */
  TRAINER_URL: string;
  /** Secret: the private Ed25519 keys, as `npm run keys` prints them. */
  HEADWATER_SIGNING_KEYS: string;
}
