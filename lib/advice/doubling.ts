// What twice the data would bring: the errors of a learner fall with a power of the number of examples (Hestness et al.
// 2017), so a line through the logarithms of the curve is followed one step further.

import type { Advice, Evidence } from '../contract/index.ts';

type Estimate = NonNullable<Advice['doubling']>;

/** Half a 95 % interval in standard errors. */
const reach = 1.96;
/** Errors fall no faster than with the number of examples, and more examples do not make a head worse. */
const steepest = 1;
const leastError = 1e-3;

/**
 * Accuracy that doubling the data adds: e(1 − 2^−b), where e is the error on all of the data and b the slope of
 * ln(error) over ln(share), fitted by least squares weighted by the points' precision.
 *
 * @returns null where the curve has fewer than two points
 */
export function doublingOf(curve: Evidence['learningCurve']): Estimate | null {
  const points = curve.filter(({ share }) => share > 0 && share <= 1);
  const last = points.at(-1);
  if (points.length < 2 || !last) return null;
  const rows = points.map(({ share, accuracy }) => {
    const error = Math.max(leastError, 1 - accuracy.value);
    const deviation = Math.max(1e-3, (accuracy.high - accuracy.low) / (2 * reach));
    return { x: Math.log(share), y: Math.log(error), weight: (error / deviation) ** 2 };
  });
  const total = sum(rows.map(({ weight }) => weight));
  const meanX = sum(rows.map(({ x, weight }) => x * weight)) / total;
  const meanY = sum(rows.map(({ y, weight }) => y * weight)) / total;
  const spread = sum(rows.map(({ x, weight }) => weight * (x - meanX) ** 2));
  if (!(spread > 0)) return null;
  const slope = -sum(rows.map(({ x, y, weight }) => weight * (x - meanX) * (y - meanY))) / spread;
  const error = 1 - last.accuracy.value;
  const gain = (power: number) => error * (1 - 2 ** -Math.min(steepest, Math.max(0, power)));
  const doubt = reach / Math.sqrt(spread);
  return { value: gain(slope), low: gain(slope - doubt), high: gain(slope + doubt) };
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
