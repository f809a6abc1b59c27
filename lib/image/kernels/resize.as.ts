// The antialiased triangle filter, equal to Pillow's BILINEAR resize (and to its `box`): the filter widens with the
// ratio, so every source pixel counts. Nothing is rounded to 8 bits on the way, and rows may come one at a time and
// in any order, so that neither a large nor an interlaced picture ever exists as a whole.
//
// A row [width, 3] is narrowed to [size, 3] first and then added, weighted, to the rows of the result that it
// reaches: two of them when a picture shrinks. A pixel is a vector of which the fourth lane is the next pixel's red:
// it costs nothing, and the next pixel overwrites it.
//
// beginResize → for every y of which needsRow(y): consumeRow(…, y) or consumeRgbaRow(…, y), or row() filled and
// addRow(y) → pixels().

import { allocate } from './memory.as';

/** Bytes of an RGB pixel in float32. */
const pixelBytes: usize = 12;
/** The fourth lane of a row's last pixel lies behind it. */
const slack: usize = 16;

let width: i32 = 0;
let height: i32 = 0;
let size: i32 = 0;

// Weights of an axis: `size` records of { first: i32, count: i32, weights: f32[taps] }. Output i of the axis is the
// sum over k < count of weights[k] · input[first + k].
let across: usize = 0;
let acrossBytes: usize = 0;
let down: usize = 0;
let downBytes: usize = 0;
/** For every input row the outputs that it reaches, { first: i32, last: i32 }; first > last if there is none. */
let reach: usize = 0;

/** The row that is being added, float32 [width, 3]. */
let input: usize = 0;
/** That row narrowed, float32 [size, 3], padded to whole vectors like every row of the result. */
let narrow: usize = 0;
/** The result, `size` rows of float32 [size, 3], each padded to `pitch` bytes. */
let result: usize = 0;
let pitch: usize = 0;

/**
 * Prepares the resize of the rectangle [left, right) × [top, bottom), which may be fractional, of a picture of
 * `inWidth` × `inHeight` pixels to `outSize` × `outSize`. The filter may read pixels beside the rectangle, never
 * beside the picture.
 *
 * @returns false if memory does not suffice
 */
export function beginResize(
  inWidth: i32,
  inHeight: i32,
  outSize: i32,
  left: f64,
  right: f64,
  top: f64,
  bottom: f64,
): bool {
  width = inWidth;
  height = inHeight;
  size = outSize;
  pitch = (<usize>size * pixelBytes + 15) & ~15;
  acrossBytes = recordBytes(inWidth, right - left);
  downBytes = recordBytes(inHeight, bottom - top);
  across = allocate(<usize>size * acrossBytes);
  down = allocate(<usize>size * downBytes);
  reach = allocate(<usize>height * 8);
  input = allocate(<usize>width * pixelBytes + slack);
  narrow = allocate(pitch + slack);
  result = allocate(<usize>size * pitch + slack);
  if (!across || !down || !reach || !input || !narrow || !result) return false;
  writeWeights(across, acrossBytes, inWidth, left, right);
  writeWeights(down, downBytes, inHeight, top, bottom);
  writeReach();
  memory.fill(input, 0, <usize>width * pixelBytes + slack);
  memory.fill(narrow, 0, pitch + slack);
  memory.fill(result, 0, <usize>size * pitch + slack);
  return true;
}

/** Whether row `y` counts at all; other rows need not be decoded, nor added. */
export function needsRow(y: i32): bool {
  if (<u32>y >= <u32>height) return false;
  const entry = reach + ((<usize>y) << 3);
  return load<i32>(entry) <= load<i32>(entry, 4);
}

/** Adds row `y`, bytes [width, 3] RGB at `bytes`. Every needed pixel must be added once, in any order of the rows. */
export function consumeRow(bytes: usize, y: i32): void {
  if (!needsRow(y)) return;
  widen(bytes, input, <usize>width * 3);
  addRow(y);
}

/** The same for bytes [width, 4] RGBA, alpha not multiplied in: over white, without rounding. */
export function consumeRgbaRow(bytes: usize, y: i32): void {
  if (!needsRow(y)) return;
  overWhite(bytes, input, width);
  addRow(y);
}

/** The row to fill before {@link addRow}: float32 [width, 3] RGB, 0..255. */
export function row(): usize {
  return input;
}

/** Adds what is in {@link row} as row `y`. Pixels that are added in another call are zero in this one. */
export function addRow(y: i32): void {
  if (!needsRow(y)) return;
  narrowRow();
  const entry = reach + ((<usize>y) << 3);
  const last = load<i32>(entry, 4);
  for (let out = load<i32>(entry); out <= last; out++) {
    const record = down + <usize>out * downBytes;
    const tap = y - load<i32>(record);
    addWeighted(result + <usize>out * pitch, load<f32>(record + 8 + ((<usize>tap) << 2)));
  }
}

/** The result so far: `size` rows of float32 [size, 3] RGB, 0..255, {@link rowPitch} bytes apart. */
export function pixels(): usize {
  return result;
}

/** Bytes from a row of the result to the next. */
export function rowPitch(): usize {
  return pitch;
}

/** Side of the result in pixels. */
export function outputSize(): i32 {
  return size;
}

/** Bytes of a record with as many weights as a window of `extent` / size pixels may reach. */
function recordBytes(inSize: i32, extent: f64): usize {
  const support = max(extent / <f64>size, 1);
  return 8 + ((<usize>min(inSize, <i32>ceil(support) * 2 + 1)) << 2);
}

function writeWeights(table: usize, bytes: usize, inSize: i32, start: f64, end: f64): void {
  const scale = (end - start) / <f64>size;
  const support = max(scale, 1);
  for (let i = 0; i < size; i++) {
    const record = table + <usize>i * bytes;
    const centre = start + (<f64>i + 0.5) * scale;
    const from = max(0, <i32>floor(centre - support + 0.5));
    const to = min(inSize, <i32>floor(centre + support + 0.5));
    store<i32>(record, from);
    store<i32>(record, to - from, 4);
    let sum: f64 = 0;
    for (let x = from; x < to; x++) sum += triangle(x, centre, support);
    for (let x = from; x < to; x++)
      store<f32>(record + 8 + ((<usize>(x - from)) << 2), <f32>(triangle(x, centre, support) / sum));
  }
}

@inline
function triangle(x: i32, centre: f64, support: f64): f64 {
  return max<f64>(0, 1 - abs<f64>(<f64>x + 0.5 - centre) / support);
}

/** The windows only move forward, so the outputs of a row are neighbours. */
function writeReach(): void {
  for (let y = 0; y < height; y++) {
    store<i32>(reach + ((<usize>y) << 3), 1);
    store<i32>(reach + ((<usize>y) << 3), 0, 4);
  }
  for (let out = size - 1; out >= 0; out--) {
    const record = down + <usize>out * downBytes;
    const from = load<i32>(record);
    const to = from + load<i32>(record, 4);
    for (let y = from; y < to; y++) {
      const entry = reach + ((<usize>y) << 3);
      if (load<i32>(entry) > load<i32>(entry, 4)) store<i32>(entry, out, 4);
      store<i32>(entry, out);
    }
  }
}

/** Bytes → float32, `count` of them. */
function widen(from: usize, to: usize, count: usize): void {
  let i: usize = 0;
  for (; i + 16 <= count; i += 16) {
    const bytes = v128.load(from + i);
    const low = i16x8.extend_low_i8x16_u(bytes);
    const high = i16x8.extend_high_i8x16_u(bytes);
    const at = to + (i << 2);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)));
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), 16);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), 32);
    v128.store(at, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), 48);
  }
  for (; i < count; i++) store<f32>(to + (i << 2), <f32>load<u8>(from + i));
}

/** RGBA bytes → float32 RGB, `pixels` of them: 255 − alpha · (255 − value), alpha of 0..1. */
function overWhite(from: usize, to: usize, pixels: i32): void {
  const white = f32x4.splat(255);
  for (let i = 0; i < pixels; i++, from += 4, to += pixelBytes) {
    const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(from));
    const rgba = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(bytes));
    const alpha = f32x4.div(v128.shuffle<f32>(rgba, rgba, 3, 3, 3, 3), white);
    v128.store(to, f32x4.sub(white, f32x4.mul(alpha, f32x4.sub(white, rgba))));
  }
}

/** `input` [width, 3] → `narrow` [size, 3]. */
function narrowRow(): void {
  let record = across;
  let to = narrow;
  for (let i = 0; i < size; i++) {
    let at = input + <usize>load<i32>(record) * pixelBytes;
    let weight = record + 8;
    const end = weight + ((<usize>load<i32>(record, 4)) << 2);
    let sum = f32x4.splat(0);
    for (; weight < end; weight += 4, at += pixelBytes)
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(weight), v128.load(at)));
    v128.store(to, sum);
    record += acrossBytes;
    to += pixelBytes;
  }
}

/** Adds `weight` times `narrow` to the row of the result at `to`. */
function addWeighted(to: usize, weight: f32): void {
  const factor = f32x4.splat(weight);
  for (let i: usize = 0; i < pitch; i += 16)
    v128.store(to + i, f32x4.add(v128.load(to + i), f32x4.mul(factor, v128.load(narrow + i))));
}
