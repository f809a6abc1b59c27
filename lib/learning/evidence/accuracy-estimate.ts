// An accuracy with its 95 % interval, of examples that stand or fall in units (photos of one burst).

import type { Evidence } from '../../contract/index.ts';

export type Estimate = Evidence['learningCurve'][number]['accuracy'];

/** Half a 95 % interval in standard errors. */
const reach = 1.96;

export interface Judgement {
  /** [n]: 1 where the label was told right. */
  right: ArrayLike<number>;
  /** [n]: the unit of each. */
  units: readonly string[];
}

/**
 * Mean over repetitions, each of other examples of the same dataset. The standard error is that of one repetition's
 * examples, clustered by unit and never less than with two right and two wrong more (Agresti and Coull 1998), and of how
 * the repetitions differ.
 */
export function estimateAccuracy(repetitions: readonly Judgement[]): Estimate {
  const means = repetitions.map(({ right }) => meanOf(right));
  const value = meanOf(means);
  const within = Math.max(...repetitions.map((judged, i) => standardError(judged, means[i]!)));
  const between = means.reduce((sum, mean) => sum + (mean - value) ** 2, 0) / Math.max(1, means.length - 1);
  const error = reach * Math.sqrt(within ** 2 + between / means.length);
  return { value, low: Math.max(0, value - error), high: Math.min(1, value + error) };
}

function standardError({ right, units }: Judgement, mean: number): number {
  const n = right.length;
  const sums = new Map<string, number>();
  for (let i = 0; i < n; i++) sums.set(units[i]!, (sums.get(units[i]!) ?? 0) + right[i]! - mean);
  let squares = 0;
  for (const sum of sums.values()) squares += sum * sum;
  const smoothed = (mean * n + 2) / (n + 4);
  return Math.max(Math.sqrt(squares) / n, Math.sqrt((smoothed * (1 - smoothed)) / (n + 4)));
}

const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / Math.max(1, values.length);
};
