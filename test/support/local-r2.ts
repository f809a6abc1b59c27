// A real local R2 bucket for Node tests: Miniflare's, in memory of this test run only, through its S3 front
// and through its binding at once.

import { fileURLToPath } from 'node:url';
import { createTestHarness } from 'wrangler';
import type { R2BucketLike } from '../../lib/storage/index.ts';
import type { S3Options } from '../../lib/storage/s3-node.ts';
import { s3Endpoint } from '../../scripts/dev/configs.ts';

export interface LocalR2 {
  /** What `s3Store` takes. */
  s3: S3Options;
  /** The same bucket as the Worker sees it. */
  bucket: R2BucketLike;
  stop(): Promise<void>;
}

/** Starts a Worker with an empty bucket on a free port of the loopback. */
export async function startLocalR2(): Promise<LocalR2> {
  process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= 'false';
  const configPath = fileURLToPath(new URL('./local-r2/wrangler.toml', import.meta.url));
  const harness = createTestHarness({ workers: [{ configPath }] });
  const { url } = await harness.listen();
  const env = await harness.getWorker().getEnv();
  return {
    s3: {
      endpoint: s3Endpoint(new URL(url).origin),
      bucket: 'headwater-test',
      accessKeyId: 'local-access-key',
      secretAccessKey: 'local-secret-key',
    },
    bucket: env.BUCKET,
    stop: () => harness.close(),
  };
}
