// The bucket that a command works on: the one that the environment names (S3_ENDPOINT and so on, as the trainer
// takes them), or that of the instance which runs on this machine.

import type { ObjectStore } from '../lib/storage/index.ts';
import { s3Store } from '../lib/storage/s3-node.ts';
import { type PublicKeys, parseKeys } from '../lib/trust/index.ts';
import { bucketName, s3Endpoint } from '../scripts/dev/configs.ts';
import { isOurs } from '../scripts/dev/processes.ts';
import { publicKeys, readInstance, readKeys, type StateFolder } from '../scripts/dev/state.ts';

export interface OpenBucket {
  store: ObjectStore;
  /** For a person: which bucket this is. */
  where: string;
  /** Whose signatures count there; undefined where the environment does not say. */
  keys: PublicKeys | undefined;
  close(): void;
}

/** The bucket, or null when the environment names none and nothing runs here. */
export async function openBucket(state: StateFolder): Promise<OpenBucket | null> {
  const { env } = process;
  if (env.S3_ENDPOINT) {
    const settings = {
      endpoint: env.S3_ENDPOINT,
      bucket: env.S3_BUCKET ?? bucketName,
      region: env.S3_REGION ?? 'auto',
      accessKeyId: env.S3_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? '',
    };
    const store = s3Store(settings);
    const keys = env.HEADWATER_PUBLIC_KEYS
      ? parseKeys<PublicKeys>(env.HEADWATER_PUBLIC_KEYS, 'HEADWATER_PUBLIC_KEYS')
      : undefined;
    return {
      store,
      keys,
      where: `the bucket ${settings.bucket} at ${settings.endpoint}`,
      close: store.close,
    };
  }
  const instance = readInstance(state);
  if (!instance || !isOurs(instance.pid, 'scripts/start.ts')) return null;
  const local = await readKeys(state, undefined);
  const store = s3Store({ endpoint: s3Endpoint(instance.url), bucket: bucketName, ...local.s3 });
  return { store, keys: publicKeys(local), where: `the instance at ${instance.url}`, close: store.close };
}
