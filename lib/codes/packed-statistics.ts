// Activation statistics in few bytes. Ranges are float32; the mean of a channel is a byte between the least and the
// greatest mean of its value: bias correction multiplies it with rounding errors of weights, so a half per cent of
// that spread is nothing.

import { HeadwaterError } from '../errors/index.ts';
import type { ValueStatistics } from '../inference/index.ts';

/** Row i of every array belongs to `names[i]`; n names. */
export interface PackedStatistics {
  names: string[];
  /** [n, 4]: lo, hi, least, most. */
  ranges: Float32Array;
  /** [n]: channels that have a mean; 0 where the value has none. */
  channels: Int32Array;
  /** [n, 2]: the least and the greatest mean. */
  extents: Float32Array;
  /** Those of all values one after the other: mean = ((255 − byte) · least + byte · greatest) / 255. */
  means: Uint8Array;
}

const topByte = 255;

/** The statistics packed, in the map's order. */
export function packStatistics(values: ReadonlyMap<string, ValueStatistics>): PackedStatistics {
  const rows = [...values.values()];
  const extents = Float32Array.from(rows.flatMap(({ mean }) => (mean ? extentOf(mean) : [0, 0])));
  return {
    names: [...values.keys()],
    ranges: Float32Array.from(rows.flatMap(({ lo, hi, least, most }) => [lo, hi, least, most])),
    channels: Int32Array.from(rows, ({ mean }) => mean?.length ?? 0),
    extents,
    means: Uint8Array.from(
      rows.flatMap(({ mean }, i) => {
        const [least, greatest] = [extents[2 * i]!, extents[2 * i + 1]!];
        const perByte = (greatest - least) / topByte || 1;
        return Array.from(mean ?? [], (value) => Math.round((value - least) / perByte));
      }),
    ),
  };
}

function extentOf(mean: Float32Array): [number, number] {
  return [
    mean.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    mean.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  ];
}

/**
 * The inverse, of arrays that may come from anywhere.
 *
 * @throws HeadwaterError `invalid-file` if they do not fit each other, or a range is none
 */
export function unpackStatistics(packed: PackedStatistics): Map<string, ValueStatistics> {
  const { names, ranges, channels, extents, means } = packed;
  const n = names.length;
  if (ranges.length !== 4 * n || channels.length !== n || extents.length !== 2 * n)
    throw invalid('its tables have other lengths than its list of values');
  if (new Set(names).size !== n) throw invalid('it names a value twice');
  const values = new Map<string, ValueStatistics>();
  let at = 0;
  for (const [i, name] of names.entries()) {
    const [lo, hi, least, most] = ranges.subarray(4 * i, 4 * i + 4) as unknown as number[] & Quad;
    // A comparison with what is no number is false, so this refuses those too.
    const isRange = least <= lo && lo <= 0 && hi >= 0 && hi <= most && Number.isFinite(most - least);
    if (!isRange) throw invalid(`the range of "${name}" is none`);
    const count = channels[i]!;
    if (count < 0 || at + count > means.length) throw invalid(`the means of "${name}" are cut short`);
    const [low, high] = [extents[2 * i]!, extents[2 * i + 1]!];
    if (!(low <= high && Number.isFinite(high - low))) throw invalid(`the means of "${name}" are no numbers`);
    const mean = Float32Array.from(
      means.subarray(at, at + count),
      (byte) => ((topByte - byte) * low + byte * high) / topByte,
    );
    values.set(name, { lo, hi, least, most, ...(count > 0 && { mean }) });
    at += count;
  }
  if (at !== means.length) throw invalid('it holds means that belong to nothing');
  return values;
}

type Quad = [number, number, number, number];

const invalid = (why: string) => new HeadwaterError('invalid-file', `The quantisation is not valid: ${why}.`);
