// A picture in memory order [h, w, c] → the columns that a first layer multiplies: for every output pixel the kh·kw·c
// numbers of its field, zeros where the field leaves the picture and behind the last, K = kh·kw·c up to a multiple of
// 8, in planes of blocks [K / B][pixels][B]. One line of the field at a time is gathered in `scratch` (a whole line
// at once where it lies in the picture), and the finished column goes out in vectors of 16 bytes, one a plane.
// kh·kw·c is 4,096 at most.

import { scratch, scratchBytes } from './scratch.as';

/** As `columns_f32` of kernels.ts. */
export function columns_f32(
  input: usize, h: i32, w: i32, c: i32, kh: i32, kw: i32, strideDown: i32, strideRight: i32,
  dilationDown: i32, dilationRight: i32, top: i32, left: i32, output: usize, plane: usize, height: i32, width: i32,
): void {
  columns<f32>(
    input, h, w, c, kh, kw, strideDown, strideRight, dilationDown, dilationRight, top, left,
    output, plane, height, width,
  );
}

/** As `columns_i16` of kernels.ts. */
export function columns_i16(
  input: usize, h: i32, w: i32, c: i32, kh: i32, kw: i32, strideDown: i32, strideRight: i32,
  dilationDown: i32, dilationRight: i32, top: i32, left: i32, output: usize, plane: usize, height: i32, width: i32,
): void {
  columns<i16>(
    input, h, w, c, kh, kw, strideDown, strideRight, dilationDown, dilationRight, top, left,
    output, plane, height, width,
  );
}

// @ts-ignore: decorator
@inline
function columns<T>(
  input: usize, h: i32, w: i32, c: i32, kh: i32, kw: i32, strideDown: i32, strideRight: i32,
  dilationDown: i32, dilationRight: i32, top: i32, left: i32, output: usize, plane: usize, height: i32, width: i32,
): void {
  const pixel = <usize>c * sizeof<T>(), line = <usize>w * pixel, fieldLine = <usize>kw * pixel;
  const end = scratch + <usize>((kh * kw * c + 7) & ~7) * sizeof<T>();
  if (end - scratch > scratchBytes) unreachable();
  memory.fill(scratch, 0, end - scratch);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const ix = x * strideRight - left;
      const wholeLines = dilationRight == 1 && ix >= 0 && ix + kw <= w;
      let to = scratch;
      for (let ky = 0; ky < kh; ky++) {
        const iy = y * strideDown - top + ky * dilationDown;
        if (<u32>iy >= <u32>h) memory.fill(to, 0, fieldLine);
        else if (wholeLines) move<T>(input + <usize>iy * line + <usize>ix * pixel, to, fieldLine);
        else for (let kx = 0; kx < kw; kx++) {
          const at = ix + kx * dilationRight;
          if (<u32>at >= <u32>w) memory.fill(to + <usize>kx * pixel, 0, pixel);
          else move<T>(input + <usize>iy * line + <usize>at * pixel, to + <usize>kx * pixel, pixel);
        }
        to += fieldLine;
      }
      let out = output;
      for (let from = scratch; from < end; from += 16) {
        v128.store(out, v128.load(from));
        out += plane;
      }
      output += 16;
    }
}

/** Copies a few bytes, reading none beyond them: too few for the call that memory.copy costs. */
// @ts-ignore: decorator
@inline
function move<T>(from: usize, to: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += sizeof<T>()) store<T>(to + i, load<T>(from + i));
}
