// The committed activation statistics of the default backbone: a small JSON file without names, because the order of
// the graph's values gives them.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packStatistics, unpackStatistics } from '../lib/codes/index.ts';
import type { AllFigures } from '../lib/contract/index.ts';
import type { Graph } from '../lib/graph/index.ts';
import { measuredValues } from '../lib/inference/calibrate/index.ts';
import type { ValueStatistics } from '../lib/inference/index.ts';
import { fromBase64, toBase64 } from '../lib/tensors/index.ts';
import { writeAtomically } from './write-atomically.ts';

const name = 'scripts/default-statistics.json';
const path = fileURLToPath(new URL(`../${name}`, import.meta.url));

interface Committed {
  /** Digest of the backbone that was measured. */
  backbone: string;
  /** For a person: what the ranges were measured on, and what the figures. */
  rangesOf: string;
  figuresOf: string;
  figures: AllFigures;
  /** Of each value: lo, hi, least, most, number of means, and the least and greatest of those. */
  values: number[][];
  /** Bytes in base64. */
  means: string;
}

/** Writes the file. @returns its path within the repository */
export function writeDefaultStatistics(
  head: Pick<Committed, 'backbone' | 'rangesOf' | 'figuresOf' | 'figures'>,
  values: ReadonlyMap<string, ValueStatistics>,
): string {
  const { names, ranges, channels, extents, means } = packStatistics(values);
  const rows = names.map((_, i) => [
    ...[...ranges.subarray(4 * i, 4 * i + 4)].map(short),
    channels[i]!,
    ...(channels[i] ? [...extents.subarray(2 * i, 2 * i + 2)].map(short) : []),
  ]);
  const lines = rows.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
  const opening = JSON.stringify(head, null, 2).slice(0, -2);
  writeAtomically(path, `${opening},\n  "values": [\n${lines}\n  ],\n  "means": "${toBase64(means)}"\n}\n`);
  return name;
}

/** The file as it stands. */
export const committedText = (): string => readFileSync(path, 'utf8');

const committed = () => JSON.parse(committedText()) as Committed;

/** What was measured of each arithmetic. */
export const defaultFigures = (): AllFigures => committed().figures;

/** The statistics, if they are of this backbone. @throws Error that says how to make them anew */
export function readDefaultStatistics(backbone: string, graph: Graph): Map<string, ValueStatistics> {
  const { values, means, ...facts } = committed();
  const names = measuredValues(graph).map(({ name }) => name);
  if (facts.backbone !== backbone || values.length !== names.length)
    throw new Error(`${name} belongs to another backbone. Run "node scripts/calibrate-default.ts".`);
  return unpackStatistics({
    names,
    ranges: Float32Array.from(values.flatMap((row) => row.slice(0, 4))),
    channels: Int32Array.from(values, (row) => row[4]!),
    extents: Float32Array.from(values.flatMap((row) => (row[4] ? row.slice(5) : [0, 0]))),
    means: fromBase64(means),
  });
}

/** Six digits say more than photographs do. */
const short = (value: number) => Number(value.toPrecision(6));
