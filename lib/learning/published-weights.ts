// Between a model of standardised columns and weights for codes as they are. Scale and mean are folded into weight and
// bias, so that whoever applies the head needs to know of neither; a warm start goes the other way.

import type { Head, HeadKind } from '../heads/index.ts';
import { shareOfOutput } from './score-rows.ts';
import type { Standardisation } from './standardise.ts';
import type { TrainingData } from './training-data.ts';

/**
 * @param scaling of the fit, on top of the data's own.
 * @param params V [outputs, cols], then b [outputs].
 * @returns weight [classes, cols], bias [classes]. The one function of two classes is given to both, as
 * `shareOfOutput` says.
 */
export function publishedWeights(
  { workspace, labelNames, scaling: outer }: TrainingData,
  scaling: Standardisation,
  params: Float64Array,
  kind: HeadKind,
): { weight: Float32Array; bias: Float32Array } {
  const { cols, outputs } = workspace;
  const classes = labelNames.length;
  const weight = new Float32Array(classes * cols);
  const bias = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    const output = outputs === 1 ? 0 : c;
    const factor = outputs === 1 ? (c === 1 ? 1 : -1) * shareOfOutput[kind] : 1;
    let constant = factor * params[outputs * cols + output]!;
    for (let k = 0; k < cols; k++) {
      const inner = factor * params[output * cols + k]! * scaling.inverseScale[k]!;
      constant -= inner * scaling.mean[k]!;
      // Adding 0 turns −0, which a column without weight would get, into 0.
      const w = (weight[c * cols + k] = inner * outer.inverseScale[k]! + 0);
      // Read back: the mean must go through the same rounded weight as the codes will.
      constant -= weight[c * cols + k]! * outer.mean[k]!;
      if (!Number.isFinite(w)) throw new RangeError('a weight is not a finite float32');
    }
    bias[c] = constant;
  }
  return { weight, bias };
}

/**
 * The inverse: parameters in the units of `scaling`, up to the rounding of the head. A column that is constant in
 * these rows gets no weight; what it had stays in the intercept.
 */
export function paramsOfHead(
  { workspace, scaling: outer }: TrainingData,
  scaling: Standardisation,
  { weight, bias, kind }: Pick<Head, 'weight' | 'bias' | 'kind'>,
): Float64Array {
  const { cols, outputs } = workspace;
  const params = new Float64Array(outputs * (cols + 1));
  // The one function of two classes is what sets them apart.
  const share = outputs === 1 ? 1 / (2 * shareOfOutput[kind]) : 1;
  const row = (values: Float32Array, j: number, width: number, k: number) =>
    outputs === 1 ? share * (values[width + k]! - values[k]!) : values[j * width + k]!;
  for (let j = 0; j < outputs; j++) {
    let b = row(bias, j, 1, 0);
    for (let k = 0; k < cols; k++) {
      const w = row(weight, j, cols, k);
      b += w * outer.mean[k]!;
      const inner = outer.inverseScale[k]! === 0 ? 0 : w / outer.inverseScale[k]!;
      b += inner * scaling.mean[k]!;
      params[j * cols + k] = scaling.inverseScale[k]! === 0 ? 0 : inner / scaling.inverseScale[k]!;
    }
    params[outputs * cols + j] = b;
  }
  return params;
}
