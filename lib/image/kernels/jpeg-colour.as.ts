// Rows of components → RGB (T.871 for YCbCr). Rounded as libjpeg does: each product to the nearest in 16 bits.
//
// Which colours the components are is not in the frame: a JFIF segment means YCbCr, Adobe's says it, else the
// components' names tell. CMYK is multiplied out without a colour profile, as browsers do; Adobe's files store it
// inverted.

import { component, componentCount } from './jpeg-frame.as';
import { damagedHeaders, fail } from './jpeg-status.as';

const grey: i32 = 0;
const ycc: i32 = 1;
const rgbColour: i32 = 2;
const cmyk: i32 = 3;
const ycck: i32 = 4;

let colours: i32 = 0;
/** Whether inks are stored inverted: 0 is full. */
let inverted: bool = false;
let jfif: bool = false;
let adobe: bool = false;
let adobeTransform: i32 = 0;

export function clearColours(): void {
  jfif = false;
  adobe = false;
}

/** A JFIF segment (T.871, 10.1). Of another major version than 1 nobody knows what it means. */
export function readJfif(from: usize, end: usize): void {
  // 'JFIF\0'
  if (end - from < 14 || load<u32>(from) != 0x4649464a || load<u8>(from, 4) != 0) return;
  jfif = true;
  if (load<u8>(from, 5) != 1) fail(damagedHeaders);
}

/** Adobe's segment. */
export function readAdobe(from: usize, end: usize): void {
  // 'Adobe'
  if (end - from < 12 || load<u32>(from) != 0x626f6441 || load<u8>(from, 4) != 0x65) return;
  adobe = true;
  adobeTransform = load<u8>(from, 11);
}

/** Decides what the components are; called when the first scan begins. */
export function chooseColours(): void {
  inverted = adobe;
  if (componentCount == 1) colours = grey;
  else if (componentCount == 3) {
    if (jfif) colours = ycc;
    else if (adobe) {
      colours = adobeTransform == 0 ? rgbColour : ycc;
      if (adobeTransform > 1) fail(damagedHeaders);
    } else colours = component(0).id == 0x52 && component(1).id == 0x47 && component(2).id == 0x42 ? rgbColour : ycc;
  } else {
    colours = adobe && adobeTransform ? ycck : cmyk;
    if (adobe && adobeTransform != 0 && adobeTransform != 2) fail(damagedHeaders);
  }
}

/** Rows of samples → `to`, [width, 3]. Up to 48 bytes behind it are overwritten. */
export function toRgb(first: usize, second: usize, third: usize, black: usize, to: usize, width: i32): void {
  if (colours == grey) return interleave(first, first, first, to, width);
  if (colours == ycc || colours == ycck) yccToRgb(first, second, third, to, width);
  else interleave(first, second, third, to, width);
  // The complement of YCCK's RGB are its inks.
  if (colours == ycck) multiplyInks(black, to, width, !inverted, inverted);
  else if (colours == cmyk) multiplyInks(black, to, width, inverted, inverted);
}

/** Sixteen pixels of three planes at once. */
@inline
function storePixels(red: v128, green: v128, blue: v128, to: usize): void {
  let both = v128.shuffle<u8>(red, green, 0, 16, 0, 1, 17, 0, 2, 18, 0, 3, 19, 0, 4, 20, 0, 5);
  v128.store(to, v128.shuffle<u8>(both, blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15));
  both = v128.shuffle<u8>(red, green, 21, 0, 6, 22, 0, 7, 23, 0, 8, 24, 0, 9, 25, 0, 10, 26);
  v128.store(to, v128.shuffle<u8>(both, blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15), 16);
  both = v128.shuffle<u8>(red, green, 0, 11, 27, 0, 12, 28, 0, 13, 29, 0, 14, 30, 0, 15, 31, 0);
  v128.store(to, v128.shuffle<u8>(both, blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31), 32);
}

function interleave(red: usize, green: usize, blue: usize, to: usize, width: i32): void {
  for (let x: usize = 0; x < <usize>width; x += 16, to += 48)
    storePixels(v128.load(red + x), v128.load(green + x), v128.load(blue + x), to);
}

/** The two factors of a dot product of pairs of 16 bits. */
@inline
function pair(a: i32, b: i32): v128 {
  return i32x4.splat((a & 0xffff) | (b << 16));
}

/** The rounded product of chroma pairs with factors in 16 bits, eight pixels. */
@inline
function weigh(low: v128, high: v128, factors: v128): v128 {
  const round = i32x4.splat(1 << 15);
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(low, factors), round), 16),
    i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(high, factors), round), 16),
  );
}

function yccToRgb(luma: usize, blueness: usize, redness: usize, to: usize, width: i32): void {
  const middle = i16x8.splat(128);
  for (let x: usize = 0; x < <usize>width; x += 16, to += 48) {
    let red = i16x8.splat(0), green = red, blue = red;
    let red0 = red, green0 = red, blue0 = red;
    for (let half: usize = 0; half < 16; half += 8) {
      red0 = red;
      green0 = green;
      blue0 = blue;
      const y = v128.load8x8_u(luma + x + half);
      const cb = i16x8.sub(v128.load8x8_u(blueness + x + half), middle);
      const cr = i16x8.sub(v128.load8x8_u(redness + x + half), middle);
      const low = v128.shuffle<i16>(cb, cr, 0, 8, 1, 9, 2, 10, 3, 11);
      const high = v128.shuffle<i16>(cb, cr, 4, 12, 5, 13, 6, 14, 7, 15);
      // 1.402 = 1 + 26345 / 2^16; 0.344136 = 22554 / 2^16, 0.714136 = 1 − 18734 / 2^16; 1.772 = 2 − 14942 / 2^16.
      red = i16x8.add(i16x8.add(y, cr), weigh(low, high, pair(0, 26345)));
      green = i16x8.add(i16x8.sub(y, cr), weigh(low, high, pair(-22554, 18734)));
      blue = i16x8.add(i16x8.add(y, i16x8.shl(cb, 1)), weigh(low, high, pair(-14942, 0)));
    }
    storePixels(
      i8x16.narrow_i16x8_u(red0, red),
      i8x16.narrow_i16x8_u(green0, green),
      i8x16.narrow_i16x8_u(blue0, blue),
      to,
    );
  }
}

/**
 * Inks of a row, in place, times black.
 *
 * @param asStored whether a pixel's bytes are light already; else their complement is
 * @param blackAsStored the same for black
 */
function multiplyInks(black: usize, row: usize, width: i32, asStored: bool, blackAsStored: bool): void {
  const flip: u32 = asStored ? 0 : 255;
  const flipBlack: u32 = blackAsStored ? 0 : 255;
  for (let x = 0; x < width; x++, row += 3) {
    const light = <u32>load<u8>(black + <usize>x) ^ flipBlack;
    for (let c: usize = 0; c < 3; c++)
      store<u8>(row + c, <u8>((((<u32>load<u8>(row + c) ^ flip) * light + 127) / 255)));
  }
}
