// The picture as its frame header declares it, and how it is laid out at the scale that is asked for.
//
// A scale of N/8 makes a block of 8 × 8 samples one of N × N. A component that is sampled more coarsely than the
// others is decoded at twice the block side for as long as that spares enlarging it (so does libjpeg): with 4:2:0 at
// 1/4, 2 × 2 luma and 4 × 4 chroma.

import { allocate } from './memory.as';
import { damagedHeaders, fail, noMemory, otherPicture } from './jpeg-status.as';

/** One component. Addresses are 0 where there is nothing. */
@unmanaged
export class Component {
  id: i32;
  /** Sampling factors, 1..4. */
  h: i32;
  v: i32;
  quantNumber: i32;
  /** Blocks of the component itself, and with those that fill up the last units (MCUs). */
  blocksWide: i32;
  blocksHigh: i32;
  blocksAcross: i32;
  blocksDown: i32;
  /** Side of a decoded block, 1, 2, 4 or 8, its logarithm, and the last zigzag index within side × side. */
  side: i32;
  logSide: i32;
  lastIndex: i32;
  /** u8 by zigzag index 0..79: bytes from a block's start to the coefficient; 128 if it is not kept. */
  order: usize;
  /** i16 [side, side]: the quantisation table in the block's order; `quantised` once it is there. */
  quant: usize;
  quantised: i32;
  /** For the scan that is being read. */
  dcTable: usize;
  acTable: usize;
  prediction: i32;
  /** i8 [64] by zigzag index: the lowest bit that is known of a coefficient, −1 before its first scan. */
  known: usize;
  /** Where several scans add up: i16 [blocksDown, blocksAcross, side, side], and a u64 a block of the
   *  coefficients that are not zero, by zigzag index. */
  coefficients: usize;
  significant: usize;
  /** Decoded samples: u8 [2 · v · side, stride], two rows of units taking turns. */
  plane: usize;
  stride: i32;
  /** How many output pixels a sample spans. */
  spanX: i32;
  spanY: i32;
  /** Samples that belong to the picture. */
  width: i32;
  height: i32;
  /** u8 [output width], a row enlarged. */
  enlarged: usize;
}

export const maxComponents: i32 = 4;
const orderEntries: i32 = 80;
/** The place of coefficients that are not kept: behind every block. */
const notKept: u8 = 128;

export let width: i32 = 0;
export let height: i32 = 0;
export let componentCount: i32 = 0;
export let progressive: bool = false;
/** Eighths of the scale. */
export let eighths: i32 = 8;
export let outputWidth: i32 = 0;
export let outputHeight: i32 = 0;
export let unitsAcross: i32 = 0;
export let unitsDown: i32 = 0;
/** Output rows of a row of units. */
export let rowsPerUnit: i32 = 0;
/** Blocks of all components in the whole picture. */
export let blockCount: i32 = 0;

let components: usize = 0;

@inline
export function component(index: i32): Component {
  return changetype<Component>(components + <usize>index * offsetof<Component>());
}

/** Bytes of a block's kept coefficients. */
@inline
export function blockBytes(one: Component): usize {
  return <usize>2 << (<usize>one.logSide << 1);
}

export function clearFrame(scale: i32): void {
  eighths = scale;
  componentCount = 0;
  const bytes = offsetof<Component>() * <usize>maxComponents;
  components = allocate(bytes);
  if (!components) return fail(noMemory);
  memory.fill(components, 0, bytes);
}

@inline
export function bigEndian16(at: usize): i32 {
  return (<i32>load<u8>(at) << 8) | <i32>load<u8>(at, 1);
}

@inline
function ceilDiv(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** Reads a frame header (T.81 B.2.2), which must be of `expectedWidth` × `expectedHeight`, and lays the picture out. */
export function readFrame(
  from: usize,
  end: usize,
  isProgressive: bool,
  expectedWidth: i32,
  expectedHeight: i32,
): void {
  if (componentCount || end - from < 6 || load<u8>(from) != 8) return fail(damagedHeaders);
  progressive = isProgressive;
  height = bigEndian16(from + 1);
  width = bigEndian16(from + 3);
  if (!width || width != expectedWidth || height != expectedHeight) return fail(otherPicture);
  const count = <i32>load<u8>(from, 5);
  if ((count != 1 && count != 3 && count != 4) || end - from != <usize>(6 + 3 * count)) return fail(damagedHeaders);
  componentCount = count;
  let maxH = 1;
  let maxV = 1;
  for (let i = 0; i < count; i++) {
    const one = component(i);
    const at = from + <usize>(6 + 3 * i);
    one.id = load<u8>(at);
    one.h = <i32>load<u8>(at, 1) >> 4;
    one.v = <i32>load<u8>(at, 1) & 15;
    one.quantNumber = load<u8>(at, 2);
    if (one.h < 1 || one.h > 4 || one.v < 1 || one.v > 4) return fail(damagedHeaders);
    // The factors of a single component mean nothing.
    if (count == 1) one.h = one.v = 1;
    maxH = max(maxH, one.h);
    maxV = max(maxV, one.v);
  }
  layOut(maxH, maxV);
}

function layOut(maxH: i32, maxV: i32): void {
  outputWidth = ceilDiv(width * eighths, 8);
  outputHeight = ceilDiv(height * eighths, 8);
  unitsAcross = ceilDiv(width, 8 * maxH);
  unitsDown = ceilDiv(height, 8 * maxV);
  rowsPerUnit = maxV * eighths;
  blockCount = 0;
  for (let i = 0; i < componentCount; i++) {
    const one = component(i);
    one.blocksWide = ceilDiv(ceilDiv(width * one.h, maxH), 8);
    one.blocksHigh = ceilDiv(ceilDiv(height * one.v, maxV), 8);
    one.blocksAcross = unitsAcross * one.h;
    one.blocksDown = unitsDown * one.v;
    blockCount += one.blocksAcross * one.blocksDown;
    chooseSide(one, maxH, maxV);
    if (!one.spanX) return fail(damagedHeaders);
    one.width = ceilDiv(width * one.h * one.side, 8 * maxH);
    one.height = ceilDiv(height * one.v * one.side, 8 * maxV);
    allocateComponent(one);
  }
}

/** Sets side and spans; a span of 0 if samples do not fall onto whole pixels. */
function chooseSide(one: Component, maxH: i32, maxV: i32): void {
  let side = eighths;
  while (side < 8 && (maxH * eighths) % (2 * side * one.h) == 0 && (maxV * eighths) % (2 * side * one.v) == 0) side *= 2;
  one.side = side;
  one.logSide = ctz(side);
  one.lastIndex = side == 1 ? 0 : side == 2 ? 4 : side == 4 ? 24 : 63;
  const whole = (maxH * eighths) % (side * one.h) == 0 && (maxV * eighths) % (side * one.v) == 0;
  one.spanX = whole ? (maxH * eighths) / (side * one.h) : 0;
  one.spanY = whole ? (maxV * eighths) / (side * one.v) : 0;
}

/** Slack behind samples, for loops that take 32 at once. */
const slack: usize = 64;

function allocateComponent(one: Component): void {
  const side = one.side;
  one.stride = one.blocksAcross * side;
  const planeBytes = <usize>(one.stride * 2 * one.v * side);
  one.plane = allocate(planeBytes + slack);
  one.enlarged = allocate(<usize>(outputWidth + 2 * one.spanX) + slack);
  one.order = allocate(orderEntries);
  one.quant = allocate(2 * 64);
  one.known = allocate(64);
  if (!one.plane || !one.enlarged || !one.order || !one.quant || !one.known) return fail(noMemory);
  memory.fill(one.plane, 128, planeBytes + slack);
  memory.fill(one.quant, 0, 2 * 64);
  memory.fill(one.known, 0xff, 64);
  fillOrder(one);
}

/** Zigzag index → row and column (T.81 figure A.6), as a place in side × side. */
function fillOrder(one: Component): void {
  const side = one.side;
  memory.fill(one.order, notKept, orderEntries);
  let row = 0;
  let column = 0;
  for (let k = 0; k < 64; k++) {
    if (row < side && column < side) store<u8>(one.order + <usize>k, <u8>(2 * (row * side + column)));
    const upwards = ((row + column) & 1) == 0;
    if (upwards) {
      if (column == 7) row++;
      else {
        column++;
        if (row > 0) row--;
      }
    } else if (row == 7) column++;
    else {
      row++;
      if (column > 0) column--;
    }
  }
}

/** Gives every component room for the coefficients of the whole picture, cleared. */
export function allocateCoefficients(): void {
  for (let i = 0; i < componentCount; i++) {
    const one = component(i);
    const blocks = <usize>(one.blocksAcross * one.blocksDown);
    const bytes = blocks * blockBytes(one);
    one.coefficients = allocate(bytes + 16);
    one.significant = progressive && one.side > 1 ? allocate(blocks << 3) : 0;
    if (!one.coefficients || (progressive && one.side > 1 && !one.significant)) return fail(noMemory);
    memory.fill(one.coefficients, 0, bytes);
    if (one.significant) memory.fill(one.significant, 0, blocks << 3);
  }
}
