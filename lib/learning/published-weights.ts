// From a model of standardised columns to weights for codes as they are: scale and mean are folded into weight
// and bias, so that whoever applies the head needs to know of neither.

import type { Standardisation } from './standardise.ts';
import type { TrainingData } from './training-data.ts';

/**
 * @param scaling of the fit, on top of the data's own.
 * @param params V [outputs, cols], then b [outputs].
 * @returns weight [classes, cols], bias [classes]. The log-odds of two classes are split evenly between them.
 */
export function publishedWeights(
  { workspace, labelNames, scaling: outer }: TrainingData,
  scaling: Standardisation,
  params: Float64Array,
): { weight: Float32Array; bias: Float32Array } {
  const { cols, outputs } = workspace;
  const classes = labelNames.length;
  const weight = new Float32Array(classes * cols);
  const bias = new Float32Array(classes);
  for (let c = 0; c < classes; c++) {
    const output = outputs === 1 ? 0 : c;
    const factor = outputs === 1 ? c - 0.5 : 1;
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
