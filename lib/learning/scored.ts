// Logits of examples with the truth about them: what calibration is fitted on and what metrics are made of.

/** Row i of `logits` [n, classes] belongs to an example of class truth[i]. */
export interface Scored {
  logits: Float64Array;
  classes: number;
  truth: Int32Array;
}

/** The rows for which `keep` is true. */
export function selectRows({ logits, classes, truth }: Scored, keep: (row: number) => boolean): Scored {
  const rows = [...truth.keys()].filter(keep);
  const kept = new Float64Array(rows.length * classes);
  rows.forEach((row, at) => {
    kept.set(logits.subarray(row * classes, (row + 1) * classes), at * classes);
  });
  return { logits: kept, classes, truth: Int32Array.from(rows, (row) => truth[row]!) };
}
