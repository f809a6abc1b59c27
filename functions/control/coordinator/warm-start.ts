// Whether a training begins where the stable version ended. A warm start keeps that version's strength, so it is
// taken only while the strength can be trusted to fit: until the data has grown or shrunk by a fifth since it was
// chosen. And never from weights that may have seen an image which has been erased since: they would hand on what
// somebody has asked to be forgotten.

import { decodeTime } from 'ulid';
import { type Job, type Manifest, parseTrainingId, type TrainingStart } from '../../../lib/contract/index.ts';

/** The training that is about to begin. */
export interface Beginning {
  kind: Manifest['kind'];
  codeSpace: string;
  /** Sorted. */
  labels: string[];
  examples: number;
  options: Job['options'];
  /** When an image was last erased, in milliseconds since 1970; 0: never. */
  erasedAt: number;
}

/** Where the training begins; null: from zero, with a strength of its own. */
export function warmStart(beginning: Beginning, stable: Manifest | null): TrainingStart | null {
  const { options, examples, erasedAt } = beginning;
  if (!stable || !options.warmStart || options.strength !== null) return null;
  // Other strategies begin from the backbone; and a head on another tap or a tail is no beginning for a linear one.
  if (options.strategy !== 'linear' || stable.strategy !== 'linear') return null;
  // What was asked for after the erasure has not seen the image, nor has anything that it began from.
  if (erasedAt > 0 && !(askedAt(stable) > erasedAt)) return null;
  const { strengthChosenAt, classWeights = 'none' } = stable.hyperParameters;
  const agrees =
    stable.kind === beginning.kind &&
    stable.codeSpace === beginning.codeSpace &&
    classWeights === options.classWeights &&
    JSON.stringify([...stable.labels].sort()) === JSON.stringify(beginning.labels);
  if (!agrees || typeof strengthChosenAt !== 'number' || !isNear(examples, strengthChosenAt)) return null;
  return { version: stable.version, blob: stable.blob.digest, strength: stable.strength, strengthChosenAt };
}

/** When the training of a version was asked for, in milliseconds since 1970; 0 for a version that doesn't tell. */
function askedAt({ job }: Manifest): number {
  try {
    return decodeTime(parseTrainingId(job).ulid);
  } catch {
    return 0;
  }
}

/** Less than a fifth away, in whole numbers. */
const isNear = (examples: number, chosenAt: number) =>
  Number.isInteger(chosenAt) && 5 * Math.abs(examples - chosenAt) < chosenAt;
