// Paired comparison of two ways on the same pictures: each picture was judged by models that had not seen it, as often by
// the one as by the other, and what counts is the difference on each.

/** For each picture the share of its judgements that were right. */
export type Rights = ReadonlyMap<string, number>;

export interface Difference {
  /** Mean over pictures, of `ours` − `others`. */
  mean: number;
  /** 95 % interval: mean ± 1.96 standard errors over pictures. What another draw of training pictures would change is
   *  in it only in so far as folds are several. */
  low: number;
  high: number;
  pictures: number;
}

export function accuracyOf(rights: Rights): number {
  return [...rights.values()].reduce((sum, right) => sum + right, 0) / rights.size;
}

/** @throws Error if they judged other pictures */
export function pairedDifference(ours: Rights, others: Rights): Difference {
  const differences = [...ours].map(([id, right]) => {
    const other = others.get(id);
    if (other === undefined) throw new Error(`"${id}" was judged by one of the two only.`);
    return right - other;
  });
  if (differences.length !== others.size) throw new Error('They judged other pictures.');
  const n = differences.length;
  const mean = differences.reduce((a, b) => a + b, 0) / n;
  const variance = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (n - 1);
  const half = 1.96 * Math.sqrt(variance / n);
  return { mean, low: mean - half, high: mean + half, pictures: n };
}

/** "+1.2 (−0.3 … +2.7)", in points of a hundred. */
export function points({ mean, low, high }: Difference): string {
  const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(100 * value).toFixed(1)}`;
  return `${signed(mean)} (${signed(low)} … ${signed(high)})`;
}
