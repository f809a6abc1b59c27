// Whether a training begins where the stable version ended. A warm start keeps that version's strength, so it is
// taken only while the strength can be trusted to fit: until the data has grown or shrunk by a fifth since it was
// chosen.

import type { Job, Manifest, TrainingStart } from '../../../lib/contract/index.ts';

/** The training that is about to begin. */
export interface Beginning {
  kind: Manifest['kind'];
  codeSpace: string;
  /** Sorted. */
  labels: string[];
  examples: number;
  options: Job['options'];
}

/** Where the training begins; null: from zero, with a strength of its own. */
export function warmStart(beginning: Beginning, stable: Manifest | null): TrainingStart | null {
  const { options, examples } = beginning;
  if (!stable || !options.warmStart || options.strength !== null) return null;
  const { strengthChosenAt, classWeights = 'none' } = stable.hyperParameters;
  const agrees =
    stable.kind === beginning.kind &&
    stable.codeSpace === beginning.codeSpace &&
    classWeights === options.classWeights &&
    JSON.stringify([...stable.labels].sort()) === JSON.stringify(beginning.labels);
  if (!agrees || typeof strengthChosenAt !== 'number' || !isNear(examples, strengthChosenAt)) return null;
  return { version: stable.version, blob: stable.blob.digest, strength: stable.strength, strengthChosenAt };
}

/** Less than a fifth away, in whole numbers. */
const isNear = (examples: number, chosenAt: number) =>
  Number.isInteger(chosenAt) && 5 * Math.abs(examples - chosenAt) < chosenAt;
