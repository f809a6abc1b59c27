// Bytes of the edge's bundle, as `wrangler deploy` would upload it.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../dev/configs.ts';
import { type Section, table } from './report.ts';

/** What the edge's bundle may weigh compressed, without the backbone. */
export const maxBundleBytes = 350 * 1000;

export interface BundlePart {
  name: string;
  bytes: number;
  gzipBytes: number;
  /** Of the backbone that was chosen, not of the program. */
  isBackbone: boolean;
}

/** The parts of the edge's bundle. @throws Error if it cannot be made */
export function bundleParts(): BundlePart[] {
  const out = mkdtempSync(join(tmpdir(), 'headwater-bundle-'));
  try {
    const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js');
    const args = [wrangler, 'deploy', '--dry-run', '-c', 'wrangler.toml', '--outdir', out];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(`The edge's bundle cannot be made:\n${stderr}`);
    return readdirSync(out)
      .filter((file) => /\.(js|wasm|safetensors)$/.test(file))
      .map((file) => {
        const contents = readFileSync(join(out, file));
        return {
          name: file.replace(/^[0-9a-f]{40}-/, ''),
          bytes: contents.length,
          gzipBytes: gzipSync(contents, { level: 9 }).length,
          isBackbone: file.endsWith('.safetensors'),
        };
      });
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

export async function bundles(): Promise<Section> {
  const parts = bundleParts();
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(0);
  const own = parts.filter(({ isBackbone }) => !isBackbone);
  const sum = own.reduce((total, { gzipBytes }) => total + gzipBytes, 0);
  return {
    title: 'The bundle of the edge',
    text: `${table(
      ['part', 'kB', 'kB, gzip'],
      parts.map(({ name, bytes, gzipBytes }) => [`\`${name}\``, kilobytes(bytes), kilobytes(gzipBytes)]),
    )}

Without the backbone ${kilobytes(sum)} kB compressed; the bound is ${kilobytes(maxBundleBytes)}.`,
  };
}

if (import.meta.main) {
  const { text } = await bundles();
  console.log(text);
  const sum = bundleParts().reduce((total, part) => total + (part.isBackbone ? 0 : part.gzipBytes), 0);
  if (sum > maxBundleBytes) throw new Error('The bundle is larger than it may be.');
}
