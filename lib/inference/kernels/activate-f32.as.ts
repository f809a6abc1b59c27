// Activation functions that a clamp cannot do, over float32 pictures, planes [C/4][pixels][4]; may run in place. Plain
// operations only: the same bits on every CPU. The order of the functions is that of ActivationKind in lib/graph.

import { expOfNegative } from './exp-f32.as';
import { clamp } from './lanes-f32.as';

/** As `activate_f32` of kernels.ts; what is none of the functions changes nothing. */
export function activate_f32(
  kind: i32, alpha: f32, input: usize, plane: usize, row: usize, output: usize, outputPlane: usize, outputRow: usize,
  planes: i32, height: i32, width: i32,
): void {
  for (let c: usize = 0; c < <usize>planes; c++)
    for (let y: usize = 0; y < <usize>height; y++)
      line(kind, alpha, input + c * plane + y * row, output + c * outputPlane + y * outputRow, <usize>width << 4);
}

/** One loop a function, so that none asks what to do at every pixel. */
function line(kind: i32, alpha: f32, p: usize, o: usize, bytes: usize): void {
  const end = p + bytes;
  const zero = f32x4.splat(0), slope = f32x4.splat(alpha);
  switch (kind) {
    case 0: for (; p < end; p += 16, o += 16) v128.store(o, f32x4.pmax(v128.load(p), zero)); break;
    case 1: for (; p < end; p += 16, o += 16) v128.store(o, clamp(v128.load(p), zero, f32x4.splat(6))); break;
    case 2: for (; p < end; p += 16, o += 16) v128.store(o, sigmoid(v128.load(p))); break;
    case 3: for (; p < end; p += 16, o += 16) v128.store(o, swish(v128.load(p))); break;
    case 4: for (; p < end; p += 16, o += 16) v128.store(o, hardSwish(v128.load(p))); break;
    case 5: for (; p < end; p += 16, o += 16) v128.store(o, hardSigmoid(v128.load(p))); break;
    case 6: for (; p < end; p += 16, o += 16) v128.store(o, leakyRelu(v128.load(p), slope)); break;
    case 7: for (; p < end; p += 16, o += 16) v128.store(o, tanh(v128.load(p))); break;
    default: for (; p < end; p += 16, o += 16) v128.store(o, v128.load(p));
  }
}

/** 1 / (1 + e⁻ˣ), by e^−|x|, which cannot overflow. */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1), e = expOfNegative(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(one, e));
}

// @ts-ignore: decorator
@inline
function swish(x: v128): v128 {
  return f32x4.mul(x, sigmoid(x));
}

/** relu6(x + 3) / 6 */
// @ts-ignore: decorator
@inline
function hardSigmoid(x: v128): v128 {
  const six = f32x4.splat(6);
  return f32x4.div(clamp(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0), six), six);
}

// @ts-ignore: decorator
@inline
function hardSwish(x: v128): v128 {
  const six = f32x4.splat(6);
  return f32x4.div(f32x4.mul(x, clamp(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0), six)), six);
}

// @ts-ignore: decorator
@inline
function leakyRelu(x: v128, slope: v128): v128 {
  return v128.bitselect(f32x4.mul(x, slope), x, f32x4.lt(x, f32x4.splat(0)));
}

/** (1 − e) / (1 + e) with e = e^−2|x| and the sign of x; below ¼, where that cancels, the series to x⁹. */
// @ts-ignore: decorator
@inline
function tanh(x: v128): v128 {
  const one = f32x4.splat(1), size = f32x4.abs(x);
  const e = expOfNegative(f32x4.mul(size, f32x4.splat(-2)));
  const far = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
  const s = f32x4.mul(x, x);
  let series = f32x4.splat(62.0 / 2835);
  series = f32x4.add(f32x4.mul(series, s), f32x4.splat(-17.0 / 315));
  series = f32x4.add(f32x4.mul(series, s), f32x4.splat(2.0 / 15));
  series = f32x4.add(f32x4.mul(series, s), f32x4.splat(-1.0 / 3));
  series = f32x4.add(f32x4.mul(series, s), one);
  const positive = v128.bitselect(f32x4.mul(size, series), far, f32x4.lt(size, f32x4.splat(0.25)));
  return v128.bitselect(positive, x, i32x4.splat(0x7fffffff));
}
