// PNG's five row filters (W3C PNG, 9.2), undone in place.
//
// RGB and RGBA of 8 bits go pixel by pixel in four lanes: what is loaded and stored beside an RGB pixel is its right
// neighbour's first byte, which is loaded before and stored after. Other kinds of pixels go byte by byte.

/**
 * Undoes filter `type` on the row of `length` bytes at `row`.
 *
 * @param above the unfiltered row above, zeros for the first row; 16 bytes behind either row may be read and written
 * @param distance bytes between a sample and the same sample of the pixel to its left
 * @returns false if there is no such filter
 */
export function unfilter(type: i32, row: usize, above: usize, length: usize, distance: usize): bool {
  if (type == 0) return true;
  if (type == 2) addAbove(row, above, length);
  else if (type > 4 || type < 0) return false;
  else if (distance == 3 || distance == 4) unfilterPixels(type, row, above, length, distance);
  else unfilterBytes(type, row, above, length, distance);
  return true;
}

function addAbove(row: usize, above: usize, length: usize): void {
  for (let i: usize = 0; i < length; i += 16)
    v128.store(row + i, i8x16.add(v128.load(row + i), v128.load(above + i)));
}

function unfilterPixels(type: i32, row: usize, above: usize, length: usize, distance: usize): void {
  let left = i16x8.splat(0);
  let corner = i16x8.splat(0);
  let raw = pixelAt(row);
  for (let i: usize = 0; i < length; i += distance) {
    const up = pixelAt(above + i);
    const next = pixelAt(row + i + distance);
    let prediction = left;
    if (type == 3) prediction = i16x8.shr_u(i16x8.add(left, up), 1);
    else if (type == 4) prediction = paethLanes(left, up, corner);
    left = v128.and(i16x8.add(raw, prediction), i16x8.splat(255));
    v128.store32_lane(row + i, i8x16.narrow_i16x8_u(left, left), 0);
    corner = up;
    raw = next;
  }
}

/** Four bytes as numbers of 16 bits. */
@inline
function pixelAt(at: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load32_zero(at));
}

/** Whichever of left, up and corner is nearest to left + up − corner; ties in that order. */
@inline
function paethLanes(left: v128, up: v128, corner: v128): v128 {
  const fromLeft = i16x8.sub(up, corner);
  const fromUp = i16x8.sub(left, corner);
  const toLeft = i16x8.abs(fromLeft);
  const toUp = i16x8.abs(fromUp);
  const toCorner = i16x8.abs(i16x8.add(fromLeft, fromUp));
  const least = i16x8.min_s(toCorner, i16x8.min_s(toLeft, toUp));
  const upOrCorner = v128.bitselect(up, corner, i16x8.eq(toUp, least));
  return v128.bitselect(left, upOrCorner, i16x8.eq(toLeft, least));
}

function unfilterBytes(type: i32, row: usize, above: usize, length: usize, distance: usize): void {
  for (let i: usize = 0; i < length; i++) {
    const left: i32 = i < distance ? 0 : load<u8>(row + i - distance);
    const up: i32 = load<u8>(above + i);
    let prediction = left;
    if (type == 3) prediction = (left + up) >> 1;
    else if (type == 4) prediction = paeth(left, up, i < distance ? 0 : load<u8>(above + i - distance));
    store<u8>(row + i, <u8>(load<u8>(row + i) + prediction));
  }
}

function paeth(left: i32, up: i32, corner: i32): i32 {
  const toLeft = abs(up - corner);
  const toUp = abs(left - corner);
  const toCorner = abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}
