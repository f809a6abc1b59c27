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
 * examples, clustered by unit, with two right and two wrong units more (Agresti and Coull 1998), so that nothing is ever
 * certain; and of how the repetitions differ.
 */
export function estimateAccuracy(repetitions: readonly Judgement[]): Estimate {
  const means = repetitions.map(({ right }) => meanOf(right));
  const value = meanOf(means);
  const within = Math.max(...repetitions.map(standardError));
  const between = means.reduce((sum, mean) => sum + (mean - value) ** 2, 0) / Math.max(1, means.length - 1);
  const error = reach * Math.sqrt(within ** 2 + between / means.length);
  return { value, low: Math.max(0, value - error), high: Math.min(1, value + error) };
}

function standardError({ right, units }: Judgement): number {
  const members = new Map<string, { n: number; right: number }>();
  units.forEach((unit, i) => {
    const { n, right: sum } = members.get(unit) ?? { n: 0, right: 0 };
    members.set(unit, { n: n + 1, right: sum + right[i]! });
  });
  const size = units.length / Math.max(1, members.size);
  const all = [...members.values(), ...[1, 1, 0, 0].map((share) => ({ n: size, right: share * size }))];
  const n = units.length + 4 * size;
  const mean = all.reduce((sum, unit) => sum + unit.right, 0) / n;
  return Math.sqrt(all.reduce((sum, unit) => sum + (unit.right - unit.n * mean) ** 2, 0)) / n;
}

const meanOf = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / Math.max(1, values.length);
};
