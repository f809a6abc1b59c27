// What an arithmetic is worth to heads: the same linear classifier trained on each arithmetic's codes of the same
// labelled photos, cross-validated on the same folds.

import { readFileSync } from 'node:fs';
import type { IntegerKind } from '../../lib/codes/index.ts';
import type { ProbeFigures } from '../../lib/contract/index.ts';
import type { Recipe } from '../../lib/graph/index.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import type { ArithmeticKind, Plan } from '../../lib/inference/index.ts';
import { trainLinear } from '../../lib/learning/index.ts';
import { loadLinalg } from '../../lib/linalg/linalg-node.ts';
import type { PhotoFile } from '../../scripts/teach/photo-folder.ts';
import { comparePredictions } from './paired.ts';

/** Deals the examples to folds, the same for every arithmetic. */
const seed = 1;

/** Codes of labelled photos by every plan. */
export interface ProbeCodes {
  labelNames: string[];
  /** [n] */
  labels: Int32Array;
  /** [n, dims] */
  codes: Map<ArithmeticKind, Float32Array>;
}

/** Makes the codes, one photo at a time. Plans read one tap. @throws HeadwaterError for a photo that is none */
export async function codesOfPhotos(
  photos: readonly PhotoFile[],
  plans: ReadonlyMap<ArithmeticKind, Plan>,
  recipe: Recipe,
  onPhoto: (done: number) => void = () => {},
): Promise<ProbeCodes> {
  const pipeline = await loadImagePipeline();
  const labelNames = [...new Set(photos.map(({ label }) => label))].sort();
  const codes = new Map<ArithmeticKind, Float32Array>();
  for (const [i, { file }] of photos.entries()) {
    const { tensor } = await pipeline.toTensor(readFileSync(file), recipe);
    for (const [kind, plan] of plans) {
      const [code] = plan.run(tensor);
      const all = codes.get(kind) ?? new Float32Array(photos.length * code!.length);
      all.set(code!, i * code!.length);
      codes.set(kind, all);
    }
    onPhoto(i + 1);
  }
  return { labelNames, labels: Int32Array.from(photos, ({ label }) => labelNames.indexOf(label)), codes };
}

/** Each integer arithmetic's heads beside float32's. @throws HeadwaterError `too-few-examples` */
export async function probe(set: ProbeCodes): Promise<Map<IntegerKind, ProbeFigures>> {
  const reference = await predictions(set, 'float32');
  const figures = new Map<IntegerKind, ProbeFigures>();
  for (const kind of set.codes.keys()) {
    if (kind === 'float32') continue;
    const { labels, truth } = await predictions(set, kind);
    if (!truth.every((label, i) => label === reference.truth[i]))
      throw new Error(`The examples of ${kind} came out in another order than those of float32.`);
    figures.set(kind, comparePredictions(reference.truth, labels, reference.labels));
  }
  return figures;
}

/** The label that each example is given by a head that has not seen it, in an order that is the same for every kind. */
async function predictions({ labelNames, labels, codes }: ProbeCodes, kind: ArithmeticKind) {
  const split = new Array<'train'>(labels.length).fill('train');
  const data = { codes: codes.get(kind)!, labels, labelNames, split };
  const { outOfFold } = await trainLinear({ ...data, kind: 'softmax', seed, linalg: await loadLinalg() });
  if (!outOfFold)
    throw new Error(
      'Too few labelled photos to judge by: give at least ten of each label, or leave --labelled out.',
    );
  const { logits, classes, truth } = outOfFold;
  const given = Array.from(truth, (_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
  return { truth, labels: given };
}
