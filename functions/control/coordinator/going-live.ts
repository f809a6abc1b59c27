// What a person does to a head's channels: promote and roll back.

import type { Channels, ChannelsData } from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { listVersions, promoted, rolledBack } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import type { ChannelKeeper } from './channel-keeper.ts';

export async function promoteVersion(
  store: ObjectStore,
  channels: ChannelKeeper,
  head: string,
  version: number,
): Promise<ChannelsData> {
  await requireVersion(store, head, version);
  await channels.move(head, (current, move) => ({ next: promoted(current, version, move) }));
  return publicChannels(await channels.read(head))!;
}

/** `version` null: back to the stable version before this one. */
export async function rollBackVersion(
  store: ObjectStore,
  channels: ChannelKeeper,
  head: string,
  version: number | null,
  reason: string,
): Promise<ChannelsData> {
  if (version !== null) await requireVersion(store, head, version);
  await channels.move(head, (current, move) => ({ next: rolledBack(current, version, reason, move) }));
  return publicChannels(await channels.read(head))!;
}

async function requireVersion(store: ObjectStore, head: string, version: number): Promise<void> {
  if (!(await listVersions(store, head)).includes(version))
    throw new HeadwaterError('not-found', `"${head}" has no version ${version}.`);
}

/** What callers see of the channels. */
export function publicChannels(channels: Channels | null): ChannelsData | null {
  if (!channels) return null;
  const { sequence, stable, canary, canaryPercent, pin } = channels;
  return { sequence, stable, canary, canaryPercent, pin };
}
