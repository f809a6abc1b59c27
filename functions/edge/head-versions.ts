// A head's published past and present, read from the bucket and verified.

import type { ChannelsData, Manifest } from '../../lib/contract/index.ts';
import { listVersions, readChannels, readManifest } from '../../lib/registry/index.ts';
import type { Services } from './services.ts';

/** What callers see of a head's channels; null before its first version. */
export async function channelsOf({ store, verifier }: Services, head: string): Promise<ChannelsData | null> {
  const stored = await readChannels(store, head, verifier);
  if (!stored) return null;
  const { sequence, stable, canary, canaryPercent, pin } = stored.channels;
  return { sequence, stable, canary, canaryPercent, pin };
}

/** Manifests of all versions, latest first. */
export async function manifestsOf({ store, verifier }: Services, head: string): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const version of (await listVersions(store, head)).reverse()) {
    const manifest = await readManifest(store, head, version, verifier);
    if (manifest) manifests.push(manifest);
  }
  return manifests;
}
