// What a scan says (T.81 B.2.3) and the restart markers within its data.

import { hasOverrun, position, skipToMarker, startBits } from './jpeg-bits.as';
import { Component, component, componentCount, maxComponents, progressive } from './jpeg-frame.as';
import { damagedData, damagedHeaders, fail, status } from './jpeg-status.as';

const maxBlocksPerUnit: i32 = 10;

/** How many components are interleaved, and which: `inScan(0)` … */
export let scanCount: i32 = 0;
/** The band of zigzag indices, the lowest bit that the scan gives, and the one known before, 0 if none is. */
export let bandStart: i32 = 0;
export let bandEnd: i32 = 0;
export let lowBit: i32 = 0;
export let highBit: i32 = 0;
/** Blocks still covered by the last end-of-block run. */
export let endRun: i32 = 0;

/** Units (MCUs) between restart markers; 0 if there are none. */
let restartInterval: i32 = 0;
let untilRestart: i32 = 0;
let nextRestart: i32 = 0;

/** Indices of the scan's components, and the numbers of their tables: DC · 16 + AC. */
const members: usize = memory.data(4);
const tableNumbers: usize = memory.data(4);

@inline
export function inScan(index: i32): Component {
  return component(<i32>load<u8>(members + <usize>index));
}

export function dcNumber(index: i32): i32 {
  return load<u8>(tableNumbers + <usize>index) >> 4;
}

export function acNumber(index: i32): i32 {
  return load<u8>(tableNumbers + <usize>index) & 15;
}

export function setRestartInterval(units: i32): void {
  restartInterval = units;
}

export function setEndRun(blocks: i32): void {
  endRun = blocks;
}

/** Reads a scan's header; the data behind it comes next. */
export function readScanHeader(from: usize, end: usize): void {
  scanCount = end - from < 1 ? 0 : <i32>load<u8>(from);
  if (!componentCount || scanCount < 1 || scanCount > maxComponents || end - from != <usize>(4 + 2 * scanCount))
    return fail(damagedHeaders);
  let blocks = 0;
  for (let i = 0; i < scanCount; i++) {
    const index = indexOf(load<u8>(from + <usize>(1 + 2 * i)));
    for (let j = 0; j < i; j++) if (load<u8>(members + <usize>j) == index) return fail(damagedHeaders);
    if (index < 0) return fail(damagedHeaders);
    store<u8>(members + <usize>i, <u8>index);
    store<u8>(tableNumbers + <usize>i, load<u8>(from + <usize>(2 + 2 * i)));
    blocks += component(index).h * component(index).v;
  }
  if (scanCount > 1 && blocks > maxBlocksPerUnit) return fail(damagedHeaders);
  const last = from + <usize>(1 + 2 * scanCount);
  bandStart = load<u8>(last);
  bandEnd = load<u8>(last, 1);
  highBit = load<u8>(last, 2) >> 4;
  lowBit = load<u8>(last, 2) & 15;
  if (progressive) checkProgression();
  else if (bandStart != 0 || bandEnd != 63 || highBit != 0 || lowBit != 0) fail(damagedHeaders);
}

function indexOf(id: i32): i32 {
  for (let i = 0; i < componentCount; i++) if (component(i).id == id) return i;
  return -1;
}

/** A coefficient's bits come from the top and one scan at a time (G.1.1.1.1). */
function checkProgression(): void {
  const wholeDc = bandStart == 0 && bandEnd == 0;
  const ac = bandStart > 0 && bandStart <= bandEnd && bandEnd <= 63 && scanCount == 1;
  if (!(wholeDc || ac) || lowBit > 13 || (highBit && lowBit != highBit - 1)) return fail(damagedHeaders);
  for (let i = 0; i < scanCount; i++) {
    const known = inScan(i).known;
    if (ac && load<i8>(known) < 0) return fail(damagedHeaders);
    for (let k = <usize>bandStart; k <= <usize>bandEnd; k++) {
      if (max(0, <i32>load<i8>(known + k)) != highBit) return fail(damagedHeaders);
      store<i8>(known + k, <i8>lowBit);
    }
  }
}

/** Starts to read a scan's data at `from`. */
export function startData(from: usize): void {
  nextRestart = 0;
  startSegment(from);
}

function startSegment(from: usize): void {
  startBits(from);
  untilRestart = restartInterval ? restartInterval : i32.MAX_VALUE;
  endRun = 0;
  for (let i = 0; i < scanCount; i++) inScan(i).prediction = 0;
}

/** How many of `wanted` units may be read before the next restart marker, which is passed if it comes first. */
export function unitsAhead(wanted: i32): i32 {
  if (untilRestart == 0) passRestart();
  const units = min(wanted, untilRestart);
  untilRestart -= units;
  return units;
}

/** Restart markers count from 0 to 7 and follow the data without a gap. */
function passRestart(): void {
  if (hasOverrun() || skipToMarker() || load<u8>(position(), 1) != 0xd0 + nextRestart) return fail(damagedData);
  nextRestart = (nextRestart + 1) & 7;
  startSegment(position() + 2);
}

/**
 * Ends a scan's data and returns where the next marker stands. Padding is tolerated before the end of the file only:
 * some phones write it there, and elsewhere it means that data were lost.
 */
export function endData(): usize {
  const gap = skipToMarker();
  if (gap && load<u8>(position(), 1) != 0xd9) fail(damagedData);
  return position();
}

/** Fails if the data has ended too early; says whether all is well. */
export function dataHolds(): bool {
  if (hasOverrun()) fail(damagedData);
  return !status;
}
