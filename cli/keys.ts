// `npm run keys`: fresh keys for a deployment, with the commands that put them where they belong. Prints secrets
// to the terminal and stores nothing.

import { createHash, randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { generateSigningKeys, publicKeysOf } from '../lib/trust/index.ts';
import { run } from './run.ts';

const usage = `Usage
  npm run keys

Makes the keys of a new deployment and prints them, with where each belongs: the root key, the signing keys of
control (a secret), and what edge and trainer check by (nothing secret). Every run makes others; none is stored.`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) return console.log(usage);
  const signing = await generateSigningKeys();
  const rootKey = `hw_${randomBytes(24).toString('base64url')}`;
  console.log(`The root key: it makes the other keys; not for callers, see docs/keys.md. It is not stored anywhere; keep it safe:
  ${rootKey}

For control, as a secret (wrangler secret put HEADWATER_SIGNING_KEYS -c functions/control/wrangler.toml):
  ${JSON.stringify(signing)}

For the edge: replace HEADWATER_PUBLIC_KEYS under [vars] of wrangler.toml. The trainer takes it from its environment.
Nothing secret in it:
  HEADWATER_PUBLIC_KEYS = '${JSON.stringify(publicKeysOf(signing))}'

For the edge: replace HEADWATER_KEY_SHA256 under [vars] of wrangler.toml:
  HEADWATER_KEY_SHA256 = "${createHash('sha256').update(rootKey).digest('hex')}"`);
}

await run(main, usage);
