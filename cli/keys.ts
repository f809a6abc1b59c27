// `npm run keys`: fresh keys for a deployment, with the commands that put them where they belong. Prints secrets
// to the terminal and stores nothing.

import { createHash, randomBytes } from 'node:crypto';
import { generateSigningKeys, publicKeysOf } from '../lib/trust/index.ts';

const signing = await generateSigningKeys();
const apiKey = `hw_${randomBytes(24).toString('base64url')}`;

console.log(`The API key, for your callers. It is not stored anywhere; keep it safe:
  ${apiKey}

For control, as a secret (wrangler secret put HEADWATER_SIGNING_KEYS -c functions/control/wrangler.toml):
  ${JSON.stringify(signing)}

For the edge, under [vars] of wrangler.toml, and for the trainer's environment. Nothing secret in it:
  HEADWATER_PUBLIC_KEYS = '${JSON.stringify(publicKeysOf(signing))}'

For the edge, under [vars] of wrangler.toml:
  HEADWATER_KEY_SHA256 = "${createHash('sha256').update(apiKey).digest('hex')}"`);
