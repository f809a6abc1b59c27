// What the control Worker is given by its wrangler.toml and its secrets.

import type { R2BucketLike } from '../../lib/storage/r2.ts';
import type { DatasetCoordinator } from './coordinator/coordinator.ts';
import type { KeyVault } from './keys/key-vault.ts';

export interface Env {
  BUCKET: R2BucketLike;
  COORDINATOR: {
    getByName(name: string): DatasetCoordinator;
  };
  /** One object for the whole deployment, by the name `keys`. */
  KEYS: {
    getByName(name: string): KeyVault;
  };
  /** Base URL of the trainer; absent or empty in a deployment without one. */
  TRAINER_URL?: string;
  /** Where trainings run that fit into this Worker: here unless it says `trainer`. */
  SMALL_TRAININGS?: string;
  /** Secret: the private Ed25519 keys, as `npm run keys` prints them. */
  HEADWATER_SIGNING_KEYS: string;
}
