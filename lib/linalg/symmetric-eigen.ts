// Eigenvalues and eigenvectors of a small symmetric matrix by Jacobi's rotations (Golub and Van Loan, Matrix
// Computations, 8.5): cyclic sweeps in a fixed order with + − × ÷ and √ alone, so the same bits everywhere. Some
// 10·n³ multiplications, which is nothing for the tens of rows that it is here for.

/** Off-diagonal entries below this share of the matrix are nothing. */
const negligible = 1e-14;
const maxSweeps = 30;

export interface Eigen {
  /** [n], largest first. */
  values: Float64Array;
  /** [n, n]: row j belongs to value j, of length 1. */
  vectors: Float64Array;
}

/** @param matrix [n, n], symmetric; left as it is. */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const tiny = negligible * Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  for (let sweep = 0, turned = true; turned && sweep < maxSweeps; sweep++) {
    turned = false;
    for (let p = 0; p < n - 1; p++)
      for (let q = p + 1; q < n; q++)
        if (Math.abs(a[p * n + q]!) > tiny) {
          rotate(a, v, n, p, q);
          turned = true;
        }
  }
  return sorted(a, v, n);
}

/** Turns the plane of p and q so that a[p, q] becomes 0; rows of v turn along. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q]!;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  a[p * n + p] = a[p * n + p]! - t * off;
  a[q * n + q] = a[q * n + q]! + t * off;
  a[p * n + q] = a[q * n + p] = 0;
  for (let k = 0; k < n; k++) {
    const vp = v[p * n + k]!;
    const vq = v[q * n + k]!;
    v[p * n + k] = c * vp - s * vq;
    v[q * n + k] = s * vp + c * vq;
    if (k === p || k === q) continue;
    const ap = a[p * n + k]!;
    const aq = a[q * n + k]!;
    a[p * n + k] = a[k * n + p] = c * ap - s * aq;
    a[q * n + k] = a[k * n + q] = s * ap + c * aq;
  }
}

function sorted(a: Float64Array, v: Float64Array, n: number): Eigen {
  const order = Array.from({ length: n }, (_, i) => i);
  order.sort((i, j) => a[j * n + j]! - a[i * n + i]! || i - j);
  const values = Float64Array.from(order, (i) => a[i * n + i]!);
  const vectors = new Float64Array(n * n);
  for (const [to, from] of order.entries()) vectors.set(v.subarray(from * n, from * n + n), to * n);
  return { values, vectors };
}
