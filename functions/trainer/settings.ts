// What the trainer is configured with: where the bucket is, whose requests it obeys.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type PublicKeys, parseKeys } from '../../lib/trust/index.ts';

const schema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** Loopback unless a container's network needs more. */
  HOST: z.string().default('127.0.0.1'),
  S3_ENDPOINT: z.url(),
  S3_BUCKET: z.string().min(3),
  S3_REGION: z.string().default('auto'),
  S3_ACCESS_KEY_ID: z.string().min(1),
  S3_SECRET_ACCESS_KEY: z.string().min(1),
  HEADWATER_PUBLIC_KEYS: z.string(),
  /** Folder for activations of frozen layers. */
  HEADWATER_CACHE: z.string().min(1).optional(),
  /** Between two checkpoints of a training. */
  HEADWATER_CHECKPOINT_SECONDS: z.coerce.number().min(0).max(3600).default(30),
  /** Read where training starts; wrong ones are told here. */
  HEADWATER_TRAINING_THREADS: z.coerce.number().int().min(1).max(256).optional(),
  HEADWATER_ALLOW_SOFTWARE_GPU: z.enum(['0', '1']).optional(),
});

export interface Settings {
  port: number;
  host: string;
  cacheFolder: string;
  checkpointSeconds: number;
  s3: { endpoint: string; bucket: string; region: string; accessKeyId: string; secretAccessKey: string };
  keys: PublicKeys;
}

/** @throws Error that names every setting that is missing or wrong */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const parsed = schema.safeParse(env);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The trainer's settings are not complete:\n${wrong.join('\n')}`);
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    checkpointSeconds: data.HEADWATER_CHECKPOINT_SECONDS,
    cacheFolder: data.HEADWATER_CACHE ?? join(tmpdir(), 'headwater-cache'),
    s3: {
      endpoint: data.S3_ENDPOINT,
      bucket: data.S3_BUCKET,
      region: data.S3_REGION,
      accessKeyId: data.S3_ACCESS_KEY_ID,
      secretAccessKey: data.S3_SECRET_ACCESS_KEY,
    },
    keys: parseKeys<PublicKeys>(data.HEADWATER_PUBLIC_KEYS, 'HEADWATER_PUBLIC_KEYS'),
  };
}
