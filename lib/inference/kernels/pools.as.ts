// Pooling over windows, in every format: planes of blocks [C / B][pixels][B] in and out, one output pixel of a plane
// at a time (a vector of 4 float32, 8 int16 or 8 bytes). The window is clipped to the picture, so cells outside are
// never read, whatever the halo holds.
//
// Averages of integers are sums in int32, divided in float32 and rounded half to even; where padding counts, its cells are the
// integer 0.

/** As `maxPool_f32` of kernels.ts. NaN wins over every number. */
export function maxPool_f32(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
): void {
  maxPool<f32>(
    input, plane, row, h, w, windowDown, windowRight, strideDown, strideRight, top, left,
    output, outputPlane, outputRow, height, width, planes,
  );
}

export function maxPool_i16(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
): void {
  maxPool<i16>(
    input, plane, row, h, w, windowDown, windowRight, strideDown, strideRight, top, left,
    output, outputPlane, outputRow, height, width, planes,
  );
}

export function maxPool_u7(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
): void {
  maxPool<u8>(
    input, plane, row, h, w, windowDown, windowRight, strideDown, strideRight, top, left,
    output, outputPlane, outputRow, height, width, planes,
  );
}

/** As `avgPool_f32` of kernels.ts. */
export function avgPool_f32(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
  countedHeight: i32, countedWidth: i32,
): void {
  avgPool<f32>(
    input, plane, row, h, w, windowDown, windowRight, strideDown, strideRight, top, left,
    output, outputPlane, outputRow, height, width, planes, countedHeight, countedWidth,
  );
}

export function avgPool_i16(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
  countedHeight: i32, countedWidth: i32,
): void {
  avgPool<i16>(
    input, plane, row, h, w, windowDown, windowRight, strideDown, strideRight, top, left,
    output, outputPlane, outputRow, height, width, planes, countedHeight, countedWidth,
  );
}

export function avgPool_u7(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
  countedHeight: i32, countedWidth: i32,
): void {
  avgPool<u8>(
    input, plane, row, h, w, windowDown, windowRight, strideDown, strideRight, top, left,
    output, outputPlane, outputRow, height, width, planes, countedHeight, countedWidth,
  );
}

/** Bytes of a pixel in a plane. */
// @ts-ignore: decorator
@inline
function pixelBytes<T>(): usize {
  return sizeof<T>() == 1 ? 8 : 16;
}

// @ts-ignore: decorator
@inline
function maxPool<T>(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
): void {
  for (let c: usize = 0; c < <usize>planes; c++)
    for (let y = 0; y < height; y++) {
      const y0 = max(y * strideDown - top, 0), y1 = min(y * strideDown - top + windowDown, h);
      for (let x = 0; x < width; x++) {
        const x0 = max(x * strideRight - left, 0), x1 = min(x * strideRight - left + windowRight, w);
        let most = lowest<T>();
        for (let iy = y0; iy < y1; iy++) {
          const line = input + c * plane + <usize>iy * row;
          for (let ix = x0; ix < x1; ix++) most = larger<T>(most, line + <usize>ix * pixelBytes<T>());
        }
        const to = output + c * outputPlane + <usize>y * outputRow + <usize>x * pixelBytes<T>();
        if (sizeof<T>() == 1) v128.store64_lane(to, most, 0);
        else v128.store(to, most);
      }
    }
}

// @ts-ignore: decorator
@inline
function lowest<T>(): v128 {
  if (isFloat<T>()) return f32x4.splat(-Infinity);
  return sizeof<T>() == 2 ? i16x8.splat(-32768) : i8x16.splat(0);
}

// @ts-ignore: decorator
@inline
function larger<T>(most: v128, at: usize): v128 {
  if (isFloat<T>()) return f32x4.max(most, v128.load(at));
  return sizeof<T>() == 2 ? i16x8.max_s(most, v128.load(at)) : i8x16.max_u(most, v128.load64_zero(at));
}

// @ts-ignore: decorator
@inline
function avgPool<T>(
  input: usize, plane: usize, row: usize, h: i32, w: i32, windowDown: i32, windowRight: i32,
  strideDown: i32, strideRight: i32, top: i32, left: i32,
  output: usize, outputPlane: usize, outputRow: usize, height: i32, width: i32, planes: i32,
  countedHeight: i32, countedWidth: i32,
): void {
  for (let c: usize = 0; c < <usize>planes; c++)
    for (let y = 0; y < height; y++) {
      const firstY = y * strideDown - top, endY = firstY + windowDown;
      const y0 = max(firstY, 0), y1 = min(endY, h);
      for (let x = 0; x < width; x++) {
        const firstX = x * strideRight - left, endX = firstX + windowRight;
        const x0 = max(firstX, 0), x1 = min(endX, w);
        let a = i32x4.splat(0), b = i32x4.splat(0);
        for (let iy = y0; iy < y1; iy++) {
          const line = input + c * plane + <usize>iy * row;
          for (let ix = x0; ix < x1; ix++) {
            const at = line + <usize>ix * pixelBytes<T>();
            if (isFloat<T>()) a = f32x4.add(a, v128.load(at));
            else {
              const eight = sizeof<T>() == 2 ? v128.load(at) : v128.load8x8_u(at);
              a = i32x4.add(a, i32x4.extend_low_i16x8_s(eight));
              b = i32x4.add(b, i32x4.extend_high_i16x8_s(eight));
            }
          }
        }
        // Beyond the counted picture is ceil mode's overhang, which counts for nothing.
        const cells = countedHeight
          ? (min(endY, countedHeight) - firstY) * (min(endX, countedWidth) - firstX)
          : (y1 - y0) * (x1 - x0);
        const divisor = f32x4.splat(<f32>cells);
        const to = output + c * outputPlane + <usize>y * outputRow + <usize>x * pixelBytes<T>();
        if (isFloat<T>()) v128.store(to, f32x4.div(a, divisor));
        else {
          const eight = i16x8.narrow_i32x4_s(share(a, divisor), share(b, divisor));
          if (sizeof<T>() == 2) v128.store(to, eight);
          else v128.store64_lane(to, i8x16.narrow_i16x8_u(eight, eight), 0);
        }
      }
    }
}

// @ts-ignore: decorator
@inline
function share(sum: v128, divisor: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.div(f32x4.convert_i32x4_s(sum), divisor)));
}
