// Codes and labels, checked and laid out for the solver: rows in their arrangement, columns standardised over all
// examples. That standardisation is only for the arithmetic (float32 keeps most digits around 0); what a model
// learns from is standardised again over exactly the rows that it may see.

import { HeadwaterError } from '../errors/index.ts';
import type { Linalg, Workspace } from '../linalg/index.ts';
import { withoutFaintColumns } from './faint-columns.ts';
import { outputsFor } from './score-rows.ts';
import { type Standardisation, standardise } from './standardise.ts';

export interface Codes {
  /** [n, d], row-major. */
  codes: Float32Array;
  /** [n], indices into `labelNames`. */
  labels: Int32Array;
  labelNames: string[];
}

export interface TrainingData {
  workspace: Workspace;
  /** Class of each row of the workspace. */
  truth: Int32Array;
  labelNames: string[];
  /** x = (code − mean)·inverseScale. */
  scaling: Standardisation;
}

/**
 * Examples of each class.
 *
 * @throws HeadwaterError `too-few-examples` below two classes or where a class has no example; `bad-request`
 * where sizes or labels are not what they should be.
 */
export function countLabels({ codes, labels, labelNames }: Codes): number[] {
  const n = labels.length;
  const counts = new Array<number>(labelNames.length).fill(0);
  for (const label of labels) {
    if (!(label >= 0 && label < counts.length))
      throw refuse(`A label index is ${label}, beyond the label names.`);
    counts[label]!++;
  }
  if (labelNames.length < 2 || n < 2)
    throw new HeadwaterError(
      'too-few-examples',
      'Training needs at least two labels with an image each. Add images under a second label.',
      { labels: labelNames.length, examples: n },
    );
  const empty = counts.indexOf(0);
  if (empty >= 0)
    throw new HeadwaterError(
      'too-few-examples',
      `The label "${labelNames[empty]}" has no image. Add one, or leave the label out.`,
    );
  if (new Set(labelNames).size !== labelNames.length) throw refuse('Two label names are equal.');
  if (codes.length === 0 || codes.length % n !== 0)
    throw refuse(`${codes.length} numbers are not codes of one length for ${n} examples.`);
  return counts;
}

/** Numbers copied between two yields: some 5 ms. */
const numbersPerStep = 2 ** 21;

/**
 * Copies the codes into a workspace, row r holding example order[r]; yields 0 between slices.
 *
 * @throws HeadwaterError `bad-request` where a number is not finite.
 */
export function* loadCodes(input: Codes, order: Int32Array, linalg: Linalg): Generator<number, TrainingData> {
  const { codes, labels, labelNames } = input;
  const n = labels.length;
  const d = codes.length / n;
  const standardisation = standardise(codes, d, d, [{ from: 0, to: n }]);
  // A number that is not finite leaves no finite mean.
  if (!standardisation.mean.every(Number.isFinite)) throw refuse(whereNotFinite(codes, d));
  const scaling = withoutFaintColumns(standardisation);
  yield 0;
  const { mean, inverseScale } = scaling;
  const workspace = linalg.workspace(n, d, outputsFor(labelNames.length));
  const { x, stride } = workspace;
  for (let row = 0; row < n; row++) {
    const from = order[row]! * d;
    const to = row * stride;
    for (let k = 0; k < d; k++) x[to + k] = (codes[from + k]! - mean[k]!) * inverseScale[k]!;
    if ((row * d) % numbersPerStep < d) yield 0;
  }
  return { workspace, truth: Int32Array.from(order, (i) => labels[i]!), labelNames, scaling };
}

function whereNotFinite(codes: Float32Array, d: number): string {
  const at = codes.findIndex((value) => !Number.isFinite(value));
  return `The code of example ${Math.floor(at / d)} holds a number that is not finite. Compute it again.`;
}

const refuse = (why: string) => new HeadwaterError('bad-request', why);
