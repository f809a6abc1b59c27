// A trained head as a file, and what its manifest says of the file: the same for every strategy.

import type { TrainResult } from '../contract/index.ts';
import { goldens, type Head, temperatureOf, writeHead } from '../heads/index.ts';
import { createRng } from '../linalg/index.ts';
import { sha256 } from '../tensors/index.ts';
import type { LabelledCodes } from './train-head.ts';

/** Codes that go along with a head as its proof. */
const goldenCount = 3;

export type HeadFacts = Pick<
  TrainResult,
  'blob' | 'labels' | 'dims' | 'temperature' | 'calibration' | 'openSet' | 'goldens'
>;

/** @param set the codes that the head was trained on: its proof is made of their mean */
export async function headFile(
  head: Head,
  set: Pick<LabelledCodes, 'codes' | 'dims' | 'digests'>,
  seed: number,
): Promise<{ blob: Uint8Array; facts: HeadFacts }> {
  const blob = writeHead(head);
  const { labels, dims, calibration, openSet } = head;
  return {
    blob,
    facts: {
      blob: { digest: await sha256(blob), bytes: blob.length },
      labels,
      dims,
      temperature: temperatureOf(calibration),
      calibration: calibration.method,
      openSet: openSet ? { method: openSet.method, threshold: openSet.threshold } : null,
      goldens: goldens(head, proofCodes(set, seed)),
    },
  };
}

/**
 * Codes for a head to prove itself on, each [dims]: the mean code with every number scaled at random, by 0 to 2. None is
 * an image's: manifests and records of trainings stay when an image is erased.
 */
function proofCodes(
  { codes, dims, digests }: Pick<LabelledCodes, 'codes' | 'dims' | 'digests'>,
  seed: number,
): Float32Array[] {
  const sum = new Float64Array(dims);
  for (let at = 0; at < codes.length; at += dims) for (let k = 0; k < dims; k++) sum[k]! += codes[at + k]!;
  const rng = createRng(seed);
  const scaled = (total: number) => ((2 * total) / digests.length) * rng.uniform();
  return Array.from({ length: goldenCount }, () => Float32Array.from(sum, scaled));
}
