// Gram and Schmidt, modified, twice over (Golub and Van Loan, Matrix Computations, 5.2.8): what float64 loses in one
// pass the second brings back.

/** Makes the rows of `block` [count, n] orthonormal, in order; rows that depend on earlier ones become 0. */
export function orthonormalise(block: Float64Array, count: number, n: number): void {
  for (let j = 0; j < count; j++) {
    const row = block.subarray(j * n, j * n + n);
    const before = Math.sqrt(dot(row, row));
    for (let pass = 0; pass < 2; pass++)
      for (let i = 0; i < j; i++) {
        const earlier = block.subarray(i * n, i * n + n);
        const along = dot(row, earlier);
        for (let k = 0; k < n; k++) row[k] = row[k]! - along * earlier[k]!;
      }
    const length = Math.sqrt(dot(row, row));
    const factor = length > 1e-10 * before ? 1 / length : 0;
    for (let k = 0; k < n; k++) row[k] = row[k]! * factor;
  }
}

/** Σ aₖ·bₖ, in order. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
