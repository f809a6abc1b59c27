// The learning curve of a linear head: what it reaches on a quarter, on half and on all of the training data. Where it
// still rises, more data will help; where it is flat, only other features will.

import { type Evidence, TrainingOptionsSchema } from '../../contract/index.ts';
import { createRng, type Linalg } from '../../linalg/index.ts';
import { type Judged, judgeCodes } from '../strategies/judge-codes.ts';
import { partOf, type StrategyRun } from '../strategies/parts.ts';
import { estimateAccuracy } from './accuracy-estimate.ts';
import { type LabelledRows, rowsOf, sampleExamples } from './sample.ts';

type Curve = Evidence['learningCurve'];

/** Shares of the training data, with how many samples are drawn of each: small ones differ more. */
const points = [
  { share: 0.25, repeats: 4 },
  { share: 0.5, repeats: 2 },
] as const;
/** Samples larger than this are drawn once. */
const largeSample = 2000;

/**
 * The curve, ascending.
 *
 * @param full what a head on all of `data` reaches; its strength is kept for the samples
 */
export async function learningCurve(
  data: LabelledRows,
  full: Judged,
  seed: number,
  linalg: Linalg,
  run: StrategyRun,
): Promise<Curve> {
  const all = data.groups.map((_, i) => i);
  const rng = createRng(seed);
  const curve: Curve = [];
  for (const [p, { share, repeats }] of points.entries()) {
    const samples = share * all.length > largeSample ? 1 : repeats;
    const judged: Judged[] = [];
    let size = 0;
    for (let s = 0; s < samples; s++) {
      const sample = sampleExamples(all, data.labels, data.groups, share, rng);
      size = sample.length;
      const part = partOf(run, (p + s / samples) / points.length, 1 / (samples * points.length));
      const own = rowsOf(data, data.groups, sample);
      const one = await judgeCodes(own, own, settings(seed + s, full.strength), linalg, part);
      if (one) judged.push(one);
    }
    // Where keeping two of every label makes the sample nearly the whole, it is no smaller dataset.
    if (judged.length > 0 && size <= 1.5 * share * all.length)
      curve.push({ share, examples: size, accuracy: estimateAccuracy(judged) });
  }
  return [...curve, { share: 1, examples: all.length, accuracy: estimateAccuracy([full]) }];
}

/** How heads are judged for the evidence: softmax, every image counting the same. */
export const settings = (seed: number, strength: number | null) => ({
  kind: 'softmax' as const,
  seed,
  options: TrainingOptionsSchema.parse({ strength }),
});
