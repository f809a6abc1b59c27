// Channels: the one mutable document of a head. It says which version answers. Only the coordinator writes it,
// with a stated precondition each time, and its sequence only grows.

import {
  type Channels,
  type ChannelsData,
  ChannelsSchema,
  channelsKey,
  payloadTypes,
} from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { type Signer, seal, unseal, type Verifier } from '../trust/index.ts';

const maxHistory = 50;

export interface StoredChannels {
  channels: Channels;
  /** For the compare-and-set of the next write. */
  etag: string;
}

/** The verified channels of a head, or null if it never had any. @throws HeadwaterError `bad-signature` */
export async function readChannels(
  store: ObjectStore,
  head: string,
  verifier: Verifier,
): Promise<StoredChannels | null> {
  const object = await store.get(channelsKey(head));
  if (!object) return null;
  const parsed = ChannelsSchema.safeParse(await unseal(object.body, payloadTypes.channels, verifier));
  if (!parsed.success || parsed.data.head !== head)
    throw new HeadwaterError(
      'bad-signature',
      `The channels of "${head}" are not a channels document of that head.`,
    );
  return { channels: parsed.data, etag: object.etag };
}

/** Writes `next` if storage still holds what `previous` was read from; null if it doesn't. */
export async function writeChannels(
  store: ObjectStore,
  next: Channels,
  previous: StoredChannels | null,
  signer: Signer,
): Promise<StoredChannels | null> {
  const bytes = await seal(payloadTypes.channels, ChannelsSchema.parse(next), signer);
  const written = await store.put(channelsKey(next.head), bytes, {
    contentType: 'application/json',
    onlyIf: previous ? { etag: previous.etag } : { absent: true },
  });
  return written && { channels: next, etag: written.etag };
}

/** What a transition is given besides the channels so far (null before the first). */
export interface Move {
  head: string;
  /** The highest sequence that this head ever had, which storage alone may have forgotten. */
  sequenceFloor: number;
  /** The sequence with which an earlier head of this name was deleted: from there on, no channels are the
   *  beginning of a new head, and not a loss. 0 if there was none. */
  endedAt?: number;
  /** An ISO time. */
  at: string;
}

/** The channels after `version` has become stable. A pin stays: lifting it is {@link promoted}'s. */
function withStable(current: Channels | null, version: number, move: Move): Channels {
  const history = current?.history ?? [];
  const leaving = current?.stable;
  return {
    format: 1,
    head: move.head,
    sequence: Math.max(current?.sequence ?? 0, move.sequenceFloor) + 1,
    stable: version,
    canary: current?.canary ?? null,
    canaryPercent: current?.canaryPercent ?? 0,
    pin: current?.pin ?? null,
    history:
      leaving && leaving !== version
        ? [...history.filter((v) => v !== version), leaving].slice(-maxHistory)
        : history,
    updated: move.at,
  };
}

/**
 * A job's publish: moves `stable` only if it still is what the job was told and nobody has pinned it.
 * Answers the next channels, or the reason why the version stays published and unpromoted. Channels that are
 * older than the floor were replayed, and are moved by a person only.
 */
export function published(
  current: Channels | null,
  version: number,
  expectedStable: number | null,
  move: Move,
): { next: Channels } | { held: string } {
  if (current?.pin)
    return {
      held: `Version ${current.pin.version} is pinned by a rollback (${current.pin.reason}). Promote to lift it.`,
    };
  // An older document may lack a pin that a person set: no job moves on from it.
  if ((current?.sequence ?? move.endedAt ?? 0) < move.sequenceFloor)
    return {
      held: `The channels in storage (${current?.sequence ?? 'none'}) are older than ones that this head has had (${move.sequenceFloor}). Find out who put them there, then promote a version.`,
    };
  if ((current?.stable ?? null) !== expectedStable)
    return {
      held: `The job expected stable to be ${expectedStable ?? 'empty'}, and it is ${current?.stable ?? 'empty'} now.`,
    };
  return { next: withStable(current, version, move) };
}

/** A person's promotion: moves `stable` and lifts a pin. */
export function promoted(current: Channels | null, version: number, move: Move): Channels {
  return { ...withStable(current, version, move), pin: null };
}

/**
 * A person's rollback: to `version`, or to the stable before this one. Sets a pin that no job may lift.
 *
 * @throws HeadwaterError `nothing-to-roll-back`
 */
export function rolledBack(
  current: Channels | null,
  version: number | null,
  reason: string,
  move: Move,
): Channels {
  const target = version ?? current?.history.at(-1);
  if (!current || target === undefined)
    throw new HeadwaterError(
      'nothing-to-roll-back',
      `"${move.head}" has no earlier stable version to roll back to.`,
    );
  const next = withStable(current, target, move);
  // Going back is no step forward: neither the version that is left nor one that came after the target is where
  // the next rollback should lead.
  const at = current.history.lastIndexOf(target);
  const history = at < 0 ? current.history : current.history.slice(0, at);
  return { ...next, history, pin: { version: target, reason, at: move.at } };
}

/** The channels without `version` in their history, or null where it is not in it. */
export function withoutVersion(current: Channels | null, version: number, move: Move): Channels | null {
  if (!current?.history.includes(version)) return null;
  return {
    ...current,
    sequence: Math.max(current.sequence, move.sequenceFloor) + 1,
    history: current.history.filter((earlier) => earlier !== version),
    updated: move.at,
  };
}

/** What callers see of the channels; null before a head's first version. */
export function publicChannels(channels: Channels | null): ChannelsData | null {
  if (!channels) return null;
  const { sequence, stable, canary, canaryPercent, pin } = channels;
  return { sequence, stable, canary, canaryPercent, pin };
}
