// Depthwise convolution and its two gradients, float32 NHWC, one filter a channel: x [n, height, width, channels],
// filter [kh, kw, channels], out and dy [n, outHeight, outWidth, channels].
//
// The output and the input's gradient are one loop: at each pixel the taps of the filter that fall inside are
// listed (an address of the other image and one of the filter), then each run of 16 channels is summed over that
// list. The filter's gradient goes through rows of the output, each tap's sum along a row in registers. Sums run in
// one fixed order. Scratch is 8 bytes for each position of the filter.

// @ts-ignore: decorator
@inline
function mulAdd(sum: v128, x: v128, y: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** out[c] = Σ over listed taps of image[c]·filter[c]. A tap is two addresses. */
function sumTaps(taps: usize, end: usize, channels: i32, out: usize): void {
  const bytes = <usize>channels << 2;
  let i: usize = 0;
  for (; i + 64 <= bytes; i += 64) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (let tap = taps; tap < end; tap += 8) {
      const x = <usize>load<u32>(tap) + i, w = <usize>load<u32>(tap, 4) + i;
      s0 = mulAdd(s0, v128.load(x), v128.load(w));
      s1 = mulAdd(s1, v128.load(x, 16), v128.load(w, 16));
      s2 = mulAdd(s2, v128.load(x, 32), v128.load(w, 32));
      s3 = mulAdd(s3, v128.load(x, 48), v128.load(w, 48));
    }
    v128.store(out + i, s0); v128.store(out + i, s1, 16);
    v128.store(out + i, s2, 32); v128.store(out + i, s3, 48);
  }
  for (; i + 16 <= bytes; i += 16) {
    let s = f32x4.splat(0);
    for (let tap = taps; tap < end; tap += 8)
      s = mulAdd(s, v128.load(<usize>load<u32>(tap) + i), v128.load(<usize>load<u32>(tap, 4) + i));
    v128.store(out + i, s);
  }
  for (; i < bytes; i += 4) {
    let s: f32 = 0;
    for (let tap = taps; tap < end; tap += 8)
      s += load<f32>(<usize>load<u32>(tap) + i) * load<f32>(<usize>load<u32>(tap, 4) + i);
    store<f32>(out + i, s);
  }
}

/** The convolution itself. */
export function depthwise(
  x: usize, n: i32, height: i32, width: i32, channels: i32, filter: usize, kh: i32, kw: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  outHeight: i32, outWidth: i32, out: usize, scratch: usize,
): void {
  const bytes = <usize>channels << 2;
  for (let image = 0; image < n; image++)
    for (let oy = 0; oy < outHeight; oy++)
      for (let ox = 0; ox < outWidth; ox++) {
        let end = scratch;
        for (let ky = 0; ky < kh; ky++) {
          const y = oy * strideY - top + ky * dilationY;
          if (<u32>y >= <u32>height) continue;
          for (let kx = 0; kx < kw; kx++) {
            const at = ox * strideX - left + kx * dilationX;
            if (<u32>at >= <u32>width) continue;
            store<u32>(end, <u32>(x + <usize>((image * height + y) * width + at) * bytes));
            store<u32>(end, <u32>(filter + <usize>(ky * kw + kx) * bytes), 4);
            end += 8;
          }
        }
        sumTaps(scratch, end, channels, out);
        out += bytes;
      }
}

/** dx[y, x] = Σ dy[oy, ox]·filter[ky, kx] over the taps that led from this pixel to an output. */
export function depthwiseInput(
  dx: usize, n: i32, height: i32, width: i32, channels: i32, filter: usize, kh: i32, kw: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  outHeight: i32, outWidth: i32, dy: usize, scratch: usize,
): void {
  const bytes = <usize>channels << 2;
  for (let image = 0; image < n; image++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        let end = scratch;
        for (let ky = 0; ky < kh; ky++) {
          const v = y + top - ky * dilationY;
          if (v < 0 || v % strideY != 0 || v / strideY >= outHeight) continue;
          for (let kx = 0; kx < kw; kx++) {
            const u = x + left - kx * dilationX;
            if (u < 0 || u % strideX != 0 || u / strideX >= outWidth) continue;
            const pixel = (image * outHeight + v / strideY) * outWidth + u / strideX;
            store<u32>(end, <u32>(dy + <usize>pixel * bytes));
            store<u32>(end, <u32>(filter + <usize>(ky * kw + kx) * bytes), 4);
            end += 8;
          }
        }
        sumTaps(scratch, end, channels, dx);
        dx += bytes;
      }
}

/** df[ky, kx] = Σ over output pixels of x·dy. */
export function depthwiseFilter(
  x: usize, n: i32, height: i32, width: i32, channels: i32, df: usize, kh: i32, kw: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  outHeight: i32, outWidth: i32, dy: usize,
): void {
  const bytes = <usize>channels << 2;
  memory.fill(df, 0, <usize>(kh * kw) * bytes);
  for (let image = 0; image < n; image++)
    for (let oy = 0; oy < outHeight; oy++) {
      const dyLine = dy + <usize>(image * outHeight + oy) * <usize>outWidth * bytes;
      for (let ky = 0; ky < kh; ky++) {
        const y = oy * strideY - top + ky * dilationY;
        if (<u32>y >= <u32>height) continue;
        const line = x + <usize>(image * height + y) * <usize>width * bytes;
        for (let kx = 0; kx < kw; kx++) {
          const offset = kx * dilationX - left;
          // The first and last output columns whose tap lies inside the picture.
          const first = offset >= 0 ? 0 : (strideX - 1 - offset) / strideX;
          const last = offset >= width ? -1 : min(outWidth - 1, (width - 1 - offset) / strideX);
          if (first > last) continue;
          const from = line + <usize>(first * strideX + offset) * bytes;
          addRow(from, <usize>strideX * bytes, dyLine + <usize>first * bytes, last - first + 1, channels,
            df + <usize>(ky * kw + kx) * bytes);
        }
      }
    }
}

/** sums[c] += Σ over `pixels` of x[c]·dy[c]. */
function addRow(x: usize, step: usize, dy: usize, pixels: i32, channels: i32, sums: usize): void {
  const bytes = <usize>channels << 2;
  let i: usize = 0;
  for (; i + 64 <= bytes; i += 64) {
    const out = sums + i;
    let s0 = v128.load(out), s1 = v128.load(out, 16), s2 = v128.load(out, 32), s3 = v128.load(out, 48);
    let u = x + i, v = dy + i;
    for (let left = pixels; left > 0; left--) {
      s0 = mulAdd(s0, v128.load(u), v128.load(v));
      s1 = mulAdd(s1, v128.load(u, 16), v128.load(v, 16));
      s2 = mulAdd(s2, v128.load(u, 32), v128.load(v, 32));
      s3 = mulAdd(s3, v128.load(u, 48), v128.load(v, 48));
      u += step;
      v += bytes;
    }
    v128.store(out, s0); v128.store(out, s1, 16); v128.store(out, s2, 32); v128.store(out, s3, 48);
  }
  for (; i + 16 <= bytes; i += 16) {
    let s = v128.load(sums + i);
    let u = x + i, v = dy + i;
    for (let left = pixels; left > 0; left--) {
      s = mulAdd(s, v128.load(u), v128.load(v));
      u += step;
      v += bytes;
    }
    v128.store(sums + i, s);
  }
  for (; i < bytes; i += 4) {
    let s = load<f32>(sums + i);
    let u = x + i, v = dy + i;
    for (let left = pixels; left > 0; left--) {
      s += load<f32>(u) * load<f32>(v);
      u += step;
      v += bytes;
    }
    store<f32>(sums + i, s);
  }
}
