// A head's published past and present, read from the bucket and verified. A version whose manifest is refused is a
// row that says why, and leaves the others standing.

import {
  type ChannelsData,
  type Manifest,
  type VersionRow,
  versionCursor,
} from '../../lib/contract/index.ts';
import { listVersions, publicChannels, readChannels, readManifest } from '../../lib/registry/index.ts';
import { several } from '../../lib/storage/index.ts';
import { orError } from './lists.ts';
import type { Services } from './services.ts';

/** What callers see of a head's channels; null before its first version. */
export async function channelsOf(
  { store, verifier }: Pick<Services, 'store' | 'verifier'>,
  head: string,
): Promise<ChannelsData | null> {
  return publicChannels((await readChannels(store, head, verifier))?.channels ?? null);
}

/** Versions below `cursor`, latest first. */
export async function versionsPage(
  { store, verifier }: Pick<Services, 'store' | 'verifier'>,
  head: string,
  { cursor = Number.POSITIVE_INFINITY, limit }: { cursor?: number | undefined; limit: number },
): Promise<{ versions: VersionRow[]; cursor?: string }> {
  const numbers = (await listVersions(store, head)).filter((number) => number < cursor).reverse();
  const shown = numbers.slice(0, limit);
  const rows = await several(shown, async (version): Promise<VersionRow | null> => {
    const manifest = await orError(() => readManifest(store, head, version, verifier));
    if (!manifest) return null;
    return 'error' in manifest ? { version, error: manifest.error } : summaryOf(manifest);
  });
  return {
    versions: rows.filter((row) => row !== null),
    ...(numbers.length > limit && { cursor: versionCursor.encode(shown.at(-1)!) }),
  };
}

function summaryOf({
  version,
  created,
  strategy,
  kind,
  labels,
  strength,
  snapshot,
  blob,
  tail,
  report,
}: Manifest): VersionRow {
  return {
    ...{ version, created, strategy, kind, labels, strength, snapshot },
    blob: blob.digest,
    tail: tail && {
      from: tail.from,
      to: tail.to,
      arithmetic: tail.arithmetic,
      bytes: tail.program.bytes,
      memoryBytes: tail.memoryBytes,
    },
    report,
  };
}
