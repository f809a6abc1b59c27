// The committed wrangler.toml files plus what only this machine knows: keys, ports, folders. The derived
// configurations go into the state folder, secrets included, and nowhere else.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'smol-toml';
import { type LocalKeys, publicKeys, type StateFolder } from './state.ts';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const bucketName = 'headwater';

export interface WorkerConfigs {
  edge: string;
  control: string;
}

/** Writes both configurations and answers their paths. `vars` overrides settings of either Worker. */
export function writeConfigs(
  state: StateFolder,
  keys: LocalKeys,
  trainerUrl: string,
  vars: Record<string, string> = {},
): WorkerConfigs {
  const edge = derive(
    state,
    'wrangler.toml',
    {
      HEADWATER_KEY_SHA256: createHash('sha256').update(keys.apiKey).digest('hex'),
      HEADWATER_PUBLIC_KEYS: JSON.stringify(publicKeys(keys)),
      ...vars,
    },
    keys,
  );
  const control = derive(
    state,
    'functions/control/wrangler.toml',
    {
      HEADWATER_SIGNING_KEYS: JSON.stringify(keys.signing),
      TRAINER_URL: trainerUrl,
      ...vars,
    },
    keys,
  );
  return { edge, control };
}

function derive(state: StateFolder, file: string, vars: Record<string, string>, keys: LocalKeys): string {
  const source = resolve(root, file);
  const config = parse(readFileSync(source, 'utf8')) as {
    name: string;
    main: string;
    vars?: Record<string, string>;
    r2_buckets: Record<string, unknown>[];
  };
  const derived = {
    ...config,
    main: resolve(dirname(source), config.main),
    vars: { ...config.vars, ...vars },
    // Both Workers name the same credentials, or Miniflare refuses to share the bucket.
    r2_buckets: config.r2_buckets.map((bucket) => ({
      ...bucket,
      local_dev: { experimental_s3_credentials: keys.s3 },
    })),
  };
  const target = state.file('workers', config.name, 'wrangler.json');
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, JSON.stringify(derived, null, 2), { mode: 0o600 });
  return target;
}

/** Where wrangler dev serves S3, below the Workers' own origin. */
export const s3Endpoint = (url: string) => `${url}/cdn-cgi/local/r2/s3`;
