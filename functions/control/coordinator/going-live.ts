// What a person does to a head's channels: promote and roll back.

import type { ChannelsData } from '../../../lib/contract/index.ts';
import { HeadwaterError } from '../../../lib/errors/index.ts';
import { promoted, publicChannels, readManifest, rolledBack } from '../../../lib/registry/index.ts';
import type { ObjectStore } from '../../../lib/storage/index.ts';
import type { Verifier } from '../../../lib/trust/index.ts';
import type { ChannelKeeper } from './channel-keeper.ts';

/** Where versions are read, whose signature they must carry, and who moves the channels. */
export interface GoingLive {
  store: ObjectStore;
  verifier: Verifier;
  channels: ChannelKeeper;
}

/** Under the `claim` of a request that is repeated, once. */
export async function promoteVersion(
  deps: GoingLive,
  head: string,
  version: number,
  claim?: string,
): Promise<ChannelsData> {
  const { channels } = deps;
  await channels.move(
    head,
    async (current, move) => {
      await requireVersion(deps, head, version);
      return { next: promoted(current, version, move) };
    },
    claim,
  );
  return publicChannels(await channels.read(head))!;
}

/** `version` null: back to the stable version before this one. Under the `claim` of a request that is repeated,
 *  once: two rollbacks would go back by two versions. */
export async function rollBackVersion(
  deps: GoingLive,
  head: string,
  version: number | null,
  reason: string,
  claim?: string,
): Promise<ChannelsData> {
  const { channels } = deps;
  await channels.move(
    head,
    async (current, move) => {
      const next = rolledBack(current, version, reason, move);
      await requireVersion(deps, head, next.stable!);
      return { next };
    },
    claim,
  );
  return publicChannels(await channels.read(head))!;
}

/** Nothing that the coordinator has not signed goes live: every edge would refuse it. Looked at while no channels are
 *  moved, for the version may be deleted until then. */
async function requireVersion({ store, verifier }: GoingLive, head: string, version: number): Promise<void> {
  if (!(await readManifest(store, head, version, verifier)))
    throw new HeadwaterError('not-found', `"${head}" has no version ${version}.`);
}
