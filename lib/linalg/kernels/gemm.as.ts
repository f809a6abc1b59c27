// The two matrix products of a linear classifier, AssemblyScript, plain 128-bit SIMD (no relaxed operations, so
// every CPU gives the same bits). lib/linalg/twin.ts does the same sums in the same order and is held equal to
// this file bit for bit.
//
// Layout, all row-major: x float32 [rows, stride], w float32 [outputs, stride], out float64 [rows, outputs],
// r float32 [rows, outputs], g float64 [outputs, stride]. stride is a multiple of 32 and columns beyond the
// real ones are zero, so there is no column tail. Products and short sums are float32 (four lanes), long sums
// are float64: a sum of 64 terms loses little, and float64 between blocks keeps the rest.

/** Columns that one float32 sum runs over: 64 additions a lane. */
const columnBlock: i32 = 256;
/** Rows that go through one block of w together: 16 KiB of x and 4 KiB of w stay in the first cache. */
const rowBlock: i32 = 16;
/** Rows that one float32 sum of the gradient runs over. */
const gradientBlock: i32 = 64;

/** First byte that the host may use. */
export function heapBase(): usize {
  return __heap_base;
}

// @ts-ignore: decorator
@inline
function sumLanes(v: v128): f64 {
  return <f64>(
    (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3)))
  );
}

// @ts-ignore: decorator
@inline
function mulAdd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}

/** out[i, j] = Σₖ x[i, k]·w[j, k] for rows from ≤ i < to. */
export function scores(
  x: usize, stride: i32, from: i32, to: i32, w: usize, outputs: i32, out: usize,
): void {
  const line = <usize>stride << 2;
  const outLine = <usize>outputs << 3;
  memory.fill(out + <usize>from * outLine, 0, <usize>(to - from) * outLine);
  for (let r0 = from; r0 < to; r0 += rowBlock) {
    const last = min(r0 + rowBlock, to) - 1;
    for (let k0 = 0; k0 < stride; k0 += columnBlock) {
      const bytes = <usize>min(columnBlock, stride - k0) << 2;
      const xBlock = x + (<usize>k0 << 2);
      const wBlock = w + (<usize>k0 << 2);
      let j = 0;
      for (; j + 4 <= outputs; j += 4)
        for (let i = r0; i <= last; i += 2)
          tile2x4(
            xBlock + <usize>i * line, xBlock + <usize>min(i + 1, last) * line,
            wBlock + <usize>j * line, line, bytes,
            out + <usize>i * outLine + (<usize>j << 3), out + <usize>min(i + 1, last) * outLine + (<usize>j << 3),
          );
      for (; j + 2 <= outputs; j += 2)
        for (let i = r0; i <= last; i += 4)
          tile4x2(xBlock, i, last, line, wBlock + <usize>j * line, bytes, out + (<usize>j << 3), outLine);
      if (j < outputs)
        for (let i = r0; i <= last; i += 4)
          tile4x1(xBlock, i, last, line, wBlock + <usize>j * line, bytes, out + (<usize>j << 3), outLine);
    }
  }
}

// In every tile a row beyond the last is the last one again: it reads, adds and stores the same value twice,
// which is why all reads of `out` stand before all writes.

function tile2x4(x0: usize, x1: usize, w: usize, line: usize, bytes: usize, o0: usize, o1: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  const w1 = w + line, w2 = w1 + line, w3 = w2 + line;
  for (let k: usize = 0; k < bytes; k += 16) {
    const u = v128.load(x0 + k), v = v128.load(x1 + k);
    let c = v128.load(w + k);
    a0 = mulAdd(a0, u, c); b0 = mulAdd(b0, v, c);
    c = v128.load(w1 + k);
    a1 = mulAdd(a1, u, c); b1 = mulAdd(b1, v, c);
    c = v128.load(w2 + k);
    a2 = mulAdd(a2, u, c); b2 = mulAdd(b2, v, c);
    c = v128.load(w3 + k);
    a3 = mulAdd(a3, u, c); b3 = mulAdd(b3, v, c);
  }
  const p0 = load<f64>(o0), p1 = load<f64>(o0, 8), p2 = load<f64>(o0, 16), p3 = load<f64>(o0, 24);
  const q0 = load<f64>(o1), q1 = load<f64>(o1, 8), q2 = load<f64>(o1, 16), q3 = load<f64>(o1, 24);
  store<f64>(o0, p0 + sumLanes(a0)); store<f64>(o0, p1 + sumLanes(a1), 8);
  store<f64>(o0, p2 + sumLanes(a2), 16); store<f64>(o0, p3 + sumLanes(a3), 24);
  store<f64>(o1, q0 + sumLanes(b0)); store<f64>(o1, q1 + sumLanes(b1), 8);
  store<f64>(o1, q2 + sumLanes(b2), 16); store<f64>(o1, q3 + sumLanes(b3), 24);
}

function tile4x2(
  x: usize, i: i32, last: i32, line: usize, w: usize, bytes: usize, out: usize, outLine: usize,
): void {
  const i1 = min(i + 1, last), i2 = min(i + 2, last), i3 = min(i + 3, last);
  const x0 = x + <usize>i * line, x1 = x + <usize>i1 * line, x2 = x + <usize>i2 * line, x3 = x + <usize>i3 * line;
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  const w1 = w + line;
  for (let k: usize = 0; k < bytes; k += 16) {
    const c = v128.load(w + k), d = v128.load(w1 + k);
    let u = v128.load(x0 + k);
    a0 = mulAdd(a0, u, c); b0 = mulAdd(b0, u, d);
    u = v128.load(x1 + k);
    a1 = mulAdd(a1, u, c); b1 = mulAdd(b1, u, d);
    u = v128.load(x2 + k);
    a2 = mulAdd(a2, u, c); b2 = mulAdd(b2, u, d);
    u = v128.load(x3 + k);
    a3 = mulAdd(a3, u, c); b3 = mulAdd(b3, u, d);
  }
  const o0 = out + <usize>i * outLine, o1 = out + <usize>i1 * outLine;
  const o2 = out + <usize>i2 * outLine, o3 = out + <usize>i3 * outLine;
  const p0 = load<f64>(o0), p1 = load<f64>(o1), p2 = load<f64>(o2), p3 = load<f64>(o3);
  const q0 = load<f64>(o0, 8), q1 = load<f64>(o1, 8), q2 = load<f64>(o2, 8), q3 = load<f64>(o3, 8);
  store<f64>(o0, p0 + sumLanes(a0)); store<f64>(o1, p1 + sumLanes(a1));
  store<f64>(o2, p2 + sumLanes(a2)); store<f64>(o3, p3 + sumLanes(a3));
  store<f64>(o0, q0 + sumLanes(b0), 8); store<f64>(o1, q1 + sumLanes(b1), 8);
  store<f64>(o2, q2 + sumLanes(b2), 8); store<f64>(o3, q3 + sumLanes(b3), 8);
}

function tile4x1(
  x: usize, i: i32, last: i32, line: usize, w: usize, bytes: usize, out: usize, outLine: usize,
): void {
  const i1 = min(i + 1, last), i2 = min(i + 2, last), i3 = min(i + 3, last);
  const x0 = x + <usize>i * line, x1 = x + <usize>i1 * line, x2 = x + <usize>i2 * line, x3 = x + <usize>i3 * line;
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  for (let k: usize = 0; k < bytes; k += 16) {
    const c = v128.load(w + k);
    a0 = mulAdd(a0, v128.load(x0 + k), c); a1 = mulAdd(a1, v128.load(x1 + k), c);
    a2 = mulAdd(a2, v128.load(x2 + k), c); a3 = mulAdd(a3, v128.load(x3 + k), c);
  }
  const o0 = out + <usize>i * outLine, o1 = out + <usize>i1 * outLine;
  const o2 = out + <usize>i2 * outLine, o3 = out + <usize>i3 * outLine;
  const p0 = load<f64>(o0), p1 = load<f64>(o1), p2 = load<f64>(o2), p3 = load<f64>(o3);
  store<f64>(o0, p0 + sumLanes(a0)); store<f64>(o1, p1 + sumLanes(a1));
  store<f64>(o2, p2 + sumLanes(a2)); store<f64>(o3, p3 + sumLanes(a3));
}

/** g[j, k] += Σᵢ r[i, j]·x[i, k] over rows from ≤ i < to, in blocks of 64 rows counted from `from`. */
export function gradient(
  x: usize, stride: i32, from: i32, to: i32, r: usize, outputs: i32, g: usize,
): void {
  const line = <usize>stride << 2;
  const rLine = <usize>outputs << 2;
  for (let r0 = from; r0 < to; r0 += gradientBlock) {
    const rows = <usize>min(gradientBlock, to - r0);
    const rBlock = r + <usize>r0 * rLine;
    for (let k = 0; k < stride; k += 32) {
      const xBlock = x + <usize>r0 * line + (<usize>k << 2);
      const gBlock = g + (<usize>k << 3);
      let j = 0;
      for (; j + 2 <= outputs; j += 2) {
        const rj = rBlock + (<usize>j << 2);
        const gj = gBlock + ((<usize>j * <usize>stride) << 3);
        outer2(xBlock, line, rj, rLine, rows, gj, <usize>stride << 3);
        outer2(xBlock + 64, line, rj, rLine, rows, gj + 128, <usize>stride << 3);
      }
      if (j < outputs)
        outer1(xBlock, line, rBlock + (<usize>j << 2), rLine, rows, gBlock + ((<usize>j * <usize>stride) << 3));
    }
  }
}

// @ts-ignore: decorator
@inline
function flush(g: usize, sum: v128): void {
  v128.store(g, f64x2.add(v128.load(g), f64x2.promote_low_f32x4(sum)));
  const high = v128.shuffle<f32>(sum, sum, 2, 3, 2, 3);
  v128.store(g, f64x2.add(v128.load(g, 16), f64x2.promote_low_f32x4(high)), 16);
}

/** Two outputs, 16 columns. */
function outer2(x: usize, line: usize, r: usize, rLine: usize, rows: usize, g: usize, gLine: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  for (let i: usize = 0; i < rows; i++) {
    const c = v128.load32_splat(r), d = v128.load32_splat(r, 4);
    let u = v128.load(x);
    a0 = mulAdd(a0, u, c); b0 = mulAdd(b0, u, d);
    u = v128.load(x, 16);
    a1 = mulAdd(a1, u, c); b1 = mulAdd(b1, u, d);
    u = v128.load(x, 32);
    a2 = mulAdd(a2, u, c); b2 = mulAdd(b2, u, d);
    u = v128.load(x, 48);
    a3 = mulAdd(a3, u, c); b3 = mulAdd(b3, u, d);
    x += line;
    r += rLine;
  }
  flush(g, a0); flush(g + 32, a1); flush(g + 64, a2); flush(g + 96, a3);
  g += gLine;
  flush(g, b0); flush(g + 32, b1); flush(g + 64, b2); flush(g + 96, b3);
}

/** One output, 32 columns. */
function outer1(x: usize, line: usize, r: usize, rLine: usize, rows: usize, g: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  for (let i: usize = 0; i < rows; i++) {
    const c = v128.load32_splat(r);
    a0 = mulAdd(a0, v128.load(x), c); a1 = mulAdd(a1, v128.load(x, 16), c);
    a2 = mulAdd(a2, v128.load(x, 32), c); a3 = mulAdd(a3, v128.load(x, 48), c);
    b0 = mulAdd(b0, v128.load(x, 64), c); b1 = mulAdd(b1, v128.load(x, 80), c);
    b2 = mulAdd(b2, v128.load(x, 96), c); b3 = mulAdd(b3, v128.load(x, 112), c);
    x += line;
    r += rLine;
  }
  flush(g, a0); flush(g + 32, a1); flush(g + 64, a2); flush(g + 96, a3);
  flush(g + 128, b0); flush(g + 160, b1); flush(g + 192, b2); flush(g + 224, b3);
}
