// Convolutions as matrix products: `unfold` lays the window of every output pixel out as one row, `fold` adds such
// rows back onto the image, which is its transpose. Both work on a range of output pixels, so that scratch stays
// small whatever the batch.
//
// Layout: image float32 [n, height, width, channels]; rows [pixels, kh, kw, channels] for the output pixels
// from ≤ p < to, counted through the batch. Padding is read as zeros and dropped when folded.

/** rows ← the windows of output pixels from … to − 1. */
export function unfold(
  image: usize, height: i32, width: i32, channels: i32, kh: i32, kw: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  outHeight: i32, outWidth: i32, from: i32, to: i32, rows: usize,
): void {
  const bytes = <usize>channels << 2;
  for (let p = from; p < to; p++) {
    const n = p / (outHeight * outWidth), q = p % (outHeight * outWidth);
    const y0 = (q / outWidth) * strideY - top, x0 = (q % outWidth) * strideX - left;
    for (let ky = 0; ky < kh; ky++) {
      const y = y0 + ky * dilationY;
      const line = image + <usize>(n * height + y) * <usize>width * bytes;
      for (let kx = 0; kx < kw; kx++) {
        const x = x0 + kx * dilationX;
        if (<u32>y < <u32>height && <u32>x < <u32>width) copy(line + <usize>x * bytes, rows, bytes);
        else memory.fill(rows, 0, bytes);
        rows += bytes;
      }
    }
  }
}

/** image += rows at the windows of output pixels from … to − 1. The caller zeroes the image first. */
export function fold(
  image: usize, height: i32, width: i32, channels: i32, kh: i32, kw: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  outHeight: i32, outWidth: i32, from: i32, to: i32, rows: usize,
): void {
  const bytes = <usize>channels << 2;
  for (let p = from; p < to; p++) {
    const n = p / (outHeight * outWidth), q = p % (outHeight * outWidth);
    const y0 = (q / outWidth) * strideY - top, x0 = (q % outWidth) * strideX - left;
    for (let ky = 0; ky < kh; ky++) {
      const y = y0 + ky * dilationY;
      const line = image + <usize>(n * height + y) * <usize>width * bytes;
      for (let kx = 0; kx < kw; kx++) {
        const x = x0 + kx * dilationX;
        if (<u32>y < <u32>height && <u32>x < <u32>width) addTo(line + <usize>x * bytes, rows, bytes);
        rows += bytes;
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function copy(from: usize, to: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
}

// @ts-ignore: decorator
@inline
function addTo(to: usize, from: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i));
}
