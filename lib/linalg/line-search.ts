// A step length along a descent direction of a convex function. It trusts slopes more than values: near the
// minimum two values differ by less than the rounding of either, while slopes still have digits (the
// "approximate Wolfe" conditions of Hager and Zhang, SIAM J. Optim. 16, 2005).

export interface Trial {
  value: number;
  slope: number;
}

/** Sufficient decrease and curvature, as usual for quasi-Newton steps. */
const decrease = 1e-4;
const curvature = 0.9;
/** A value may exceed the start's by this fraction before it counts as higher: float32 scores lose more. */
const valueNoise = 1e-6;
const maxTrials = 30;

/**
 * The first tried length that meets the Wolfe conditions, exactly or up to rounding.
 *
 * @param value at length 0. @param slope there, negative. @param first length to try.
 * @param evaluate yields what the search then yields.
 * @returns the accepted trial, always the last that was evaluated; undefined when there is no descent.
 */
export function* searchLine(
  value: number,
  slope: number,
  first: number,
  evaluate: (length: number) => Generator<number, Trial>,
): Generator<number, Trial | undefined> {
  if (!(slope < 0)) return undefined;
  const ceiling = value + valueNoise * Math.abs(value);
  let low = 0;
  let lowSlope = slope;
  let high = Number.POSITIVE_INFINITY;
  let highSlope = Number.NaN;
  let length = first;
  for (let trial = 0; trial < maxTrials; trial++) {
    const at = yield* evaluate(length);
    const finite = Number.isFinite(at.value) && Number.isFinite(at.slope);
    const lower = at.value <= value + decrease * length * slope;
    const nearly = at.value <= ceiling && at.slope <= (2 * decrease - 1) * slope;
    if (finite && (lower || nearly) && Math.abs(at.slope) <= -curvature * slope) return at;
    if (!finite || at.slope > 0 || at.value > ceiling) {
      high = length;
      highSlope = finite && at.slope > 0 ? at.slope : Number.NaN;
    } else {
      low = length;
      lowSlope = at.slope;
    }
    const next = nextLength(low, lowSlope, high, highSlope, slope);
    if (next === length || !(next > 0)) return undefined;
    length = next;
  }
  return undefined;
}

/** Where the slope would vanish if it were linear, kept off the ends of what is known. */
function nextLength(
  low: number,
  lowSlope: number,
  high: number,
  highSlope: number,
  startSlope: number,
): number {
  if (high === Number.POSITIVE_INFINITY) {
    const secant = lowSlope > startSlope ? (low * startSlope) / (startSlope - lowSlope) : 10 * low;
    return Math.min(Math.max(secant, 2 * low), 10 * low);
  }
  const width = high - low;
  if (Number.isNaN(highSlope)) return low + 0.25 * width;
  const secant = (width * -lowSlope) / (highSlope - lowSlope);
  return low + Math.min(Math.max(secant, 0.1 * width), 0.9 * width);
}
