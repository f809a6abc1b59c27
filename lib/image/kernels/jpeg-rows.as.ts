// Decoded samples → rows of RGB, handed on one by one from the top. Coarser components are enlarged: by the triangle
// filter where a sample spans two pixels (3/4 of the nearer, 1/4 of the farther one, as libjpeg's), else repeated.

import { toRgb } from './jpeg-colour.as';
import { Component, component, componentCount, outputHeight, outputWidth, rowsPerUnit, unitsDown } from './jpeg-frame.as';
import { enlargeRow, repeatRow, startEnlarging } from './jpeg-enlarge.as';
import { fail, noMemory } from './jpeg-status.as';
import { allocate } from './memory.as';
import { consumeRow, needsRow } from './resize.as';

/** Bytes behind a row that loops of sixteen pixels may write. */
const slack: usize = 64;

/** One row, RGB. */
let rgb: usize = 0;
/** Where all rows go instead, for tests; 0 if they go to the resize. */
let keptRows: usize = 0;
/** The next row to hand on. */
let nextRow: i32 = 0;
/** Whether a row needs samples of the row above or below its own. */
let looksAround: bool = false;

export function startRows(keep: usize): void {
  keptRows = keep;
  nextRow = 0;
  looksAround = false;
  for (let i = 0; i < componentCount; i++) if (isSmoothDown(component(i))) looksAround = true;
  startEnlarging(outputWidth);
  rgb = allocate(<usize>(3 * outputWidth) + slack);
  if (!rgb) fail(noMemory);
}

/** Components that are very narrow, or coarser still downwards, are repeated, as libjpeg does. */
function isSmoothAcross(one: Component): bool {
  return one.spanX == 2 && one.spanY <= 2 && one.width > 2;
}

function isSmoothDown(one: Component): bool {
  return one.spanY == 2 && (one.spanX == 1 || isSmoothAcross(one));
}

@inline
function isNeeded(y: i32): bool {
  return keptRows != 0 || needsRow(y);
}

/** Whether any output row depends on this row of units. */
export function needsUnits(row: i32): bool {
  const last = min(outputHeight - 1, (row + 1) * rowsPerUnit);
  for (let y = max(0, row * rowsPerUnit - 1); y <= last; y++) if (isNeeded(y)) return true;
  return false;
}

/** Where a component's block row of a row of units stands in its plane. */
@inline
export function blockRow(one: Component, unitRow: i32, line: i32): usize {
  return one.plane + <usize>((((unitRow & 1) * one.v + line) << one.logSide) * one.stride);
}

/** Hands on the rows that are complete once this row of units is decoded. */
export function handOnRows(unitRow: i32): void {
  const complete = unitRow == unitsDown - 1 ? outputHeight : (unitRow + 1) * rowsPerUnit - (looksAround ? 1 : 0);
  for (; nextRow < complete; nextRow++) {
    if (!isNeeded(nextRow)) continue;
    toRgb(
      sampleRow(component(0), nextRow),
      componentCount > 1 ? sampleRow(component(1), nextRow) : 0,
      componentCount > 2 ? sampleRow(component(2), nextRow) : 0,
      componentCount > 3 ? sampleRow(component(3), nextRow) : 0,
      rgb,
      outputWidth,
    );
    if (keptRows) memory.copy(keptRows + <usize>(3 * nextRow * outputWidth), rgb, 3 * outputWidth);
    else consumeRow(rgb, nextRow);
  }
}

/** A component's samples for output row `y`, u8 [output width]. */
function sampleRow(one: Component, y: i32): usize {
  const near = y / one.spanY;
  const row = planeRow(one, near);
  if (one.spanX == 1 && one.spanY == 1) return row;
  const down = isSmoothDown(one);
  if (!down && !isSmoothAcross(one)) {
    if (one.spanX == 1) return row;
    repeatRow(row, one.enlarged, one.width, one.spanX);
    return one.enlarged;
  }
  const below = (y & 1) == 1;
  const far = !down ? near : below ? min(near + 1, one.height - 1) : max(near - 1, 0);
  enlargeRow(row, planeRow(one, far), one.enlarged, one.width, one.spanX == 2, down, below);
  return one.enlarged;
}

@inline
function planeRow(one: Component, y: i32): usize {
  return one.plane + <usize>((y % (2 * one.v * one.side)) * one.stride);
}
