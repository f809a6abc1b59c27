// A part of a dataset that looks like the whole: every label keeps its share, photos of one group stay together.

import { type Rng, shuffle } from '../../linalg/index.ts';
import type { Labelled } from '../strategies/judge-codes.ts';

/** Examples with their codes [n, dims]. */
export interface LabelledRows extends Labelled {
  codes: Float32Array;
  dims: number;
}

/**
 * About `share` of `examples`, ascending; of every label at least that share, and two units where it has two.
 *
 * @param labels of all examples of the dataset, @param units likewise: the group of each, or the example itself
 */
export function sampleExamples(
  examples: readonly number[],
  labels: ArrayLike<number>,
  units: readonly string[],
  share: number,
  rng: Rng,
): number[] {
  if (share >= 1) return [...examples];
  const byUnit = new Map<string, number[]>();
  for (const i of examples) byUnit.set(units[i]!, [...(byUnit.get(units[i]!) ?? []), i]);
  const wanted = new Map<number, number>();
  for (const i of examples) wanted.set(labels[i]!, (wanted.get(labels[i]!) ?? 0) + share);
  const have = new Map<number, { examples: number; units: number }>();
  const chosen: number[] = [];
  for (const members of shuffle([...byUnit.values()], rng)) {
    const own = [...new Set(members.map((i) => labels[i]!))];
    const isWanted = own.some((label) => {
      const { examples = 0, units = 0 } = have.get(label) ?? {};
      return examples < wanted.get(label)! || units < 2;
    });
    if (!isWanted) continue;
    chosen.push(...members);
    for (const label of own) {
      const { examples = 0, units = 0 } = have.get(label) ?? {};
      const added = members.filter((i) => labels[i] === label).length;
      have.set(label, { examples: examples + added, units: units + 1 });
    }
  }
  return chosen.sort((a, b) => a - b);
}

type Examples = Pick<Labelled, 'labels' | 'labelNames'>;

/** Some rows of a set, without their codes. */
export const examplesOf = (
  { labels, labelNames }: Examples,
  units: readonly string[],
  rows: readonly number[],
): Labelled => ({
  labels: Int32Array.from(rows, (i) => labels[i]!),
  labelNames,
  groups: rows.map((i) => units[i]!),
});

/** The same with them. */
export function rowsOf(
  set: Examples & Pick<LabelledRows, 'codes' | 'dims'>,
  units: readonly string[],
  rows: readonly number[],
): LabelledRows {
  const { codes, dims } = set;
  const own = new Float32Array(rows.length * dims);
  for (const [to, from] of rows.entries()) own.set(codes.subarray(from * dims, (from + 1) * dims), to * dims);
  return { codes: own, dims, ...examplesOf(set, units, rows) };
}
