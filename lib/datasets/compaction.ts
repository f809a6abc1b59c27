// Which segments to merge. Size-tiered: as soon as a tier has `tierWidth` segments its oldest become one of a higher
// tier, so a code is copied once for each tier, and however slowly a dataset grows, few segments are left: at most
// `tierWidth` − 1 in each of the four tiers, and the full ones.

import type { Segment } from './segments.ts';

/** A compacted segment's codes stay below this. */
export const compactedBytes = 8 * 1024 * 1024;
/** Segments of one tier that are merged; a tier holds what is up to this factor larger than the one below. */
export const tierWidth = 8;
/** Segments that are merged at once, at most: each is a read. */
export const mergedAtOnce = 256;
/** Upper edge of the lowest tier. */
const smallestTierBytes = 16 * 1024;

/**
 * The segments to merge next, oldest first; empty when there is nothing to gain.
 *
 * @param segments in which codes have their places, oldest first, with the bytes of each
 */
export function planCompaction(segments: { ulid: string; bytes: number }[]): string[] {
  const tiers = new Map<number, { ulid: string; bytes: number }[]>();
  for (const segment of segments) {
    // Two that are more than half full would not fit into one.
    if (segment.bytes > compactedBytes / 2) continue;
    const tier = tierOf(segment.bytes);
    tiers.set(tier, [...(tiers.get(tier) ?? []), segment]);
  }
  const crowded = [...tiers.keys()]
    .sort((a, b) => a - b)
    .find((tier) => tiers.get(tier)!.length >= tierWidth);
  if (crowded === undefined) return [];
  const merged: string[] = [];
  let bytes = 0;
  for (const segment of tiers.get(crowded)!.slice(0, mergedAtOnce)) {
    bytes += segment.bytes;
    if (bytes > compactedBytes) break;
    merged.push(segment.ulid);
  }
  return merged;
}

const tierOf = (bytes: number) =>
  Math.max(0, Math.ceil(Math.log2(bytes / smallestTierBytes) / Math.log2(tierWidth)));

/** Rows of several segments of one space, in their order, as one; null if they have none. */
export function mergeSegments(parts: Segment[]): Segment | null {
  const digests = parts.flatMap((part) => part.digests);
  const first = parts[0];
  if (!first || digests.length === 0) return null;
  const { codeSpace, dims } = first;
  if (parts.some((part) => part.dims !== dims || part.codeSpace !== codeSpace))
    throw new RangeError('codes of different lengths or spaces stand in no common segment');
  const codes = new Uint16Array(digests.length * dims);
  let at = 0;
  for (const part of parts) {
    codes.set(part.codes, at);
    at += part.codes.length;
  }
  return { codeSpace, dims, digests, codes };
}
