// Which examples an open set is fitted on. A few hundred show how codes vary as well as ten thousand do, so a larger
// set is sampled: half of the places go to the labels in turn, so that a rare one is seen, the other half by lot.

import { createRng, shuffle } from '../linalg/index.ts';

const maxPlaces = 512;
const minPlaces = 32;
/** Numbers of all sampled codes together: the fit holds 16 bytes for each. */
const maxNumbers = 2 ** 20;

/** How many examples with codes of `dims` numbers are fitted on, at most. */
export const placesFor = (dims: number) =>
  Math.max(minPlaces, Math.min(maxPlaces, Math.floor(maxNumbers / dims)));

export interface Sample {
  /** Examples, ascending. */
  rows: number[];
  /** For each row, how many examples of its label it stands for. */
  weights: Float64Array;
}

/** All examples, or `most` of them. */
export function sampleExamples(labels: Int32Array, classes: number, seed: number, most: number): Sample {
  const all = Array.from(labels, (_, i) => i);
  const rows = labels.length <= most ? all : choose(labels, classes, shuffle(all, createRng(seed)), most);
  const counts = countOf(labels, labels.keys(), classes);
  const taken = countOf(labels, rows, classes);
  return { rows, weights: Float64Array.from(rows, (i) => counts[labels[i]!]! / taken[labels[i]!]!) };
}

function choose(labels: Int32Array, classes: number, shuffled: number[], most: number): number[] {
  const ofLabel = Array.from({ length: classes }, () => [] as number[]);
  for (const i of shuffled) ofLabel[labels[i]!]!.push(i);
  const chosen = new Set<number>();
  for (let round = 0; chosen.size < most / 2; round++)
    for (const members of ofLabel)
      if (round < members.length && chosen.size < most / 2) chosen.add(members[round]!);
  for (const i of shuffled) if (chosen.size < most) chosen.add(i);
  return [...chosen].sort((a, b) => a - b);
}

function countOf(labels: Int32Array, rows: Iterable<number>, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const i of rows) counts[labels[i]!]!++;
  return counts;
}
