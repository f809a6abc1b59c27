// exp and log in plain arithmetic. ECMAScript leaves the last bits of Math.exp and Math.log to the engine; these
// use only + − × ÷ and exact scaling by powers of two, which IEEE 754 fixes, so a head trained in Node and one
// trained in workerd are the same bits. Both stay within 1 ulp of the true value on the ranges tested.

/** ln 2 in two parts; the high one has 32 trailing zero bits, so k·ln2High is exact for any exponent k. */
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const overLn2 = Math.LOG2E;

/** Beyond these exp is Infinity, or 0. */
const expOverflow = 709.782712893384;
const expUnderflow = -745.1332191019411;

/** 1/2!, 1/3!, … 1/13!: on |r| ≤ ln2/2 the first term left out is below 4e-18 of the result. */
const expTerms = [
  0.5,
  1 / 6,
  1 / 24,
  1 / 120,
  1 / 720,
  1 / 5040,
  1 / 40320,
  1 / 362880,
  1 / 3628800,
  1 / 39916800,
  1 / 479001600,
  1 / 6227020800,
] as const;
const [e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13] = expTerms;

const bits = new DataView(new ArrayBuffer(8));

/** 2ᵏ exactly, for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  bits.setInt32(0, (k + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

/** eˣ. Reduction x = k·ln2 + r with the rounding of r carried along (Cody and Waite), then Taylor in r. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > expOverflow) return Number.POSITIVE_INFINITY;
  if (x < expUnderflow) return 0;
  const k = Math.floor(x * overLn2 + 0.5);
  const high = x - k * ln2High;
  const low = k * ln2Low;
  const r = high - low;
  const lost = high - r - low;
  const tail =
    r *
    r *
    (e2 +
      r *
        (e3 +
          r *
            (e4 +
              r *
                (e5 +
                  r * (e6 + r * (e7 + r * (e8 + r * (e9 + r * (e10 + r * (e11 + r * (e12 + r * e13)))))))))));
  const result = 1 + (r + (tail + lost * (1 + r)));
  if (k > 1023) return result * 2 * powerOfTwo(k - 1);
  if (k < -1022) return result * powerOfTwo(k + 54) * powerOfTwo(-54);
  return result * powerOfTwo(k);
}

/** Natural logarithm. x = 2ᵏ·m with √½ ≤ m < √2, then log(1+f) = f − f²/2 + s·(f²/2 + R), s = f/(2+f), where R
 *  is the rest of the series 2·artanh(s) (the arrangement is that of FreeBSD's e_log.c; it loses no digits). */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  let k = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984;
    k = -54;
  }
  bits.setFloat64(0, x);
  const top = bits.getInt32(0);
  k += (top >>> 20) - 1023;
  bits.setInt32(0, (top & 0xfffff) | 0x3ff00000);
  let m = bits.getFloat64(0);
  if (m >= Math.SQRT2) {
    m *= 0.5;
    k++;
  }
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  const rest =
    z *
    (2 / 3 +
      z *
        (2 / 5 +
          z *
            (2 / 7 +
              z *
                (2 / 9 +
                  z *
                    (2 / 11 +
                      z *
                        (2 / 13 +
                          z * (2 / 15 + z * (2 / 17 + z * (2 / 19 + z * (2 / 21 + z * (2 / 23)))))))))));
  const half = 0.5 * f * f;
  return k * ln2High - (half - (s * (half + rest) + k * ln2Low) - f);
}
