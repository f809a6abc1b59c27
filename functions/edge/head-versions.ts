// A head's published past and present, read from the bucket and verified.

import type { ChannelsData, Manifest } from '../../lib/contract/index.ts';
import { listVersions, publicChannels, readChannels, readManifest } from '../../lib/registry/index.ts';
import type { Services } from './services.ts';

/** What callers see of a head's channels; null before its first version. */
export async function channelsOf(
  { store, verifier }: Pick<Services, 'store' | 'verifier'>,
  head: string,
): Promise<ChannelsData | null> {
  return publicChannels((await readChannels(store, head, verifier))?.channels ?? null);
}

/** Manifests of all versions, latest first. */
export async function manifestsOf(
  { store, verifier }: Pick<Services, 'store' | 'verifier'>,
  head: string,
): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const version of (await listVersions(store, head)).reverse()) {
    const manifest = await readManifest(store, head, version, verifier);
    if (manifest) manifests.push(manifest);
  }
  return manifests;
}
