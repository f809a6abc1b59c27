// What stands between the convolutions: sums, biases, activations and batch-norm over float32 [pixels, channels]. Bound
// by memory, so each is one pass.

// @ts-ignore: decorator
@inline
function clamp(x: v128, lower: v128, upper: v128): v128 {
  return f32x4.min(f32x4.max(x, lower), upper);
}

/** x ← min(max(x + bias, lower), upper) in place; bias is zeros where `bias` is 0. */
export function finish(x: usize, pixels: i32, channels: i32, bias: usize, lower: f32, upper: f32): void {
  const bytes = <usize>channels << 2;
  const low = f32x4.splat(lower), high = f32x4.splat(upper);
  for (let p = 0; p < pixels; p++) {
    let i: usize = 0;
    if (bias) {
      for (; i + 16 <= bytes; i += 16)
        v128.store(x + i, clamp(f32x4.add(v128.load(x + i), v128.load(bias + i)), low, high));
      for (; i < bytes; i += 4)
        store<f32>(x + i, min(max(load<f32>(x + i) + load<f32>(bias + i), lower), upper));
    } else {
      for (; i + 16 <= bytes; i += 16) v128.store(x + i, clamp(v128.load(x + i), low, high));
      for (; i < bytes; i += 4) store<f32>(x + i, min(max(load<f32>(x + i), lower), upper));
    }
    x += bytes;
  }
}

/** out = dy where 0 < y < upper, else 0; y is what a relu gave. `upper` is Infinity for a relu without a bound. */
export function reluGradient(dy: usize, y: usize, out: usize, length: i32, upper: f32): void {
  const bytes = <usize>length << 2;
  const zero = f32x4.splat(0), high = f32x4.splat(upper);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    const v = v128.load(y + i);
    const inside = v128.and(f32x4.gt(v, zero), f32x4.lt(v, high));
    v128.store(out + i, v128.and(v128.load(dy + i), inside));
  }
  for (; i < bytes; i += 4) {
    const v = load<f32>(y + i);
    store<f32>(out + i, v > 0 && v < upper ? load<f32>(dy + i) : 0);
  }
}

/** sums[c] = Σ over pixels of x[c]: eight pixels are added to one another first, so that few additions are long. */
export function channelSums(x: usize, pixels: i32, channels: i32, sums: usize): void {
  const bytes = <usize>channels << 2;
  memory.fill(sums, 0, bytes);
  let p = 0;
  for (; p + 8 <= pixels; p += 8) {
    addEight(x, bytes, sums);
    x += bytes << 3;
  }
  for (; p < pixels; p++) {
    for (let i: usize = 0; i < bytes; i += 4)
      store<f32>(sums + i, load<f32>(sums + i) + load<f32>(x + i));
    x += bytes;
  }
}

function addEight(x: usize, bytes: usize, sums: usize): void {
  const x1 = x + bytes, x2 = x1 + bytes, x3 = x2 + bytes;
  const x4 = x3 + bytes, x5 = x4 + bytes, x6 = x5 + bytes, x7 = x6 + bytes;
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    let low = f32x4.add(v128.load(x + i), v128.load(x1 + i));
    low = f32x4.add(low, f32x4.add(v128.load(x2 + i), v128.load(x3 + i)));
    let high = f32x4.add(v128.load(x4 + i), v128.load(x5 + i));
    high = f32x4.add(high, f32x4.add(v128.load(x6 + i), v128.load(x7 + i)));
    v128.store(sums + i, f32x4.add(v128.load(sums + i), f32x4.add(low, high)));
  }
  for (; i < bytes; i += 4) {
    const low = load<f32>(x + i) + load<f32>(x1 + i) + (load<f32>(x2 + i) + load<f32>(x3 + i));
    const high = load<f32>(x4 + i) + load<f32>(x5 + i) + (load<f32>(x6 + i) + load<f32>(x7 + i));
    store<f32>(sums + i, load<f32>(sums + i) + (low + high));
  }
}

/**
 * out = (x − mean) · scale / √(variance + epsilon) + offset per channel; scale is ones where 0, offset zeros.
 * `scratch` holds two numbers a channel.
 */
export function normalise(
  x: usize, pixels: i32, channels: i32, mean: usize, variance: usize, scale: usize, offset: usize,
  epsilon: f32, out: usize, scratch: usize,
): void {
  const bytes = <usize>channels << 2;
  const beta = scratch + bytes;
  for (let i: usize = 0; i < bytes; i += 4) {
    const gamma: f32 = scale ? load<f32>(scale + i) : 1;
    store<f32>(scratch + i, gamma / sqrt<f32>(load<f32>(variance + i) + epsilon));
    store<f32>(beta + i, offset ? load<f32>(offset + i) : 0);
  }
  for (let p = 0; p < pixels; p++) {
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) {
      const centred = f32x4.sub(v128.load(x + i), v128.load(mean + i));
      v128.store(out + i, f32x4.add(f32x4.mul(centred, v128.load(scratch + i)), v128.load(beta + i)));
    }
    for (; i < bytes; i += 4)
      store<f32>(out + i, (load<f32>(x + i) - load<f32>(mean + i)) * load<f32>(scratch + i) + load<f32>(beta + i));
    x += bytes;
    out += bytes;
  }
}
