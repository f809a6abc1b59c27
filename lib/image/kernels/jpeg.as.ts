// JPEG files, sequential and progressive (ITU-T T.81), decoded at 1/8, 1/4, 1/2 or 1 to rows of RGB.
//
// A sequential picture whose first scan holds all components is decoded a row of units at a time and never exists as
// a whole. Every other kind adds up over several scans: of each block the side × side coefficients that the scale
// needs are kept until the file ends. What libjpeg would warn about is an error.

import { paddingBytes } from './jpeg-bits.as';
import { chooseColours, clearColours, readAdobe, readJfif } from './jpeg-colour.as';
import {
  allocateCoefficients, bigEndian16, blockBytes, blockCount, clearFrame, Component, component, componentCount, progressive,
  readFrame, unitsAcross, unitsDown,
} from './jpeg-frame.as';
import { clearHuffmanTables, fillInStandardTables, huffmanTable, readHuffmanTables, skipsOf } from './jpeg-huffman.as';
import { firstAc, firstDc, refineAc, refineDc } from './jpeg-progressive.as';
import { clearQuantisation, quantise, readQuantisation } from './jpeg-quantisation.as';
import { blockRow, handOnRows, needsUnits, startRows } from './jpeg-rows.as';
import {
  acNumber, bandStart, dataHolds, dcNumber, endData, highBit, inScan, readScanHeader, scanCount, setRestartInterval,
  startData, unitsAhead,
} from './jpeg-scan.as';
import { decodeBlock } from './jpeg-sequential.as';
import { clearStatus, damagedData, damagedHeaders, fail, noMemory, status, tooMuchWork } from './jpeg-status.as';
import { transform } from './jpeg-transform.as';
import { allocate } from './memory.as';

/**
 * Blocks that all scans together may visit: forty scans, more than any encoder writes, over the largest progressive
 * picture that is accepted. A visit costs nanoseconds without data, and data are bounded by the file.
 */
const maxBlockVisits: i32 = 40 * 72 * 8192;

/** One block of a sequential scan: i16 [8, 8] and a place for what is not kept. */
let block: usize = 0;
let skips: usize = 0;
let scans: i32 = 0;
/** Whether coefficients are kept until the end. */
let addsUp: bool = false;
let visits: i32 = 0;

/** Bytes that must be allocated for a file of `length` bytes. */
export function jpegFileBytes(length: usize): usize {
  return length + paddingBytes;
}

/**
 * Decodes a file and hands its rows, RGB, to the resize, or writes them to `keptRows` if that is not 0.
 *
 * @param file `length` bytes, ending with an end marker, and room for {@link jpegFileBytes}
 * @param scale eighths: 1, 2, 4 or 8; the rows are ⌈width · scale / 8⌉ pixels, and ⌈height · scale / 8⌉ in number
 * @param width the size that the caller has checked
 * @returns 0, or what went wrong: see jpeg-status.as.ts
 */
export function decodeJpeg(file: usize, length: usize, scale: i32, width: i32, height: i32, keptRows: usize): i32 {
  clearStatus();
  const end = file + length;
  for (let i: usize = 0; i < paddingBytes; i += 2) store<u16>(end + i, 0xd9ff);
  clearHuffmanTables();
  clearFrame(scale);
  clearQuantisation();
  clearColours();
  setRestartInterval(0);
  scans = 0;
  visits = 0;
  addsUp = false;
  block = allocate(2 * 64 + 16);
  skips = allocate(4 * 4);
  if (!block || !skips) fail(noMemory);
  if (length < 4 || bigEndian16(file) != 0xffd8) fail(damagedHeaders);
  if (!status) readSegments(file + 2, end, width, height, keptRows);
  if (!status && scans == 0) fail(damagedHeaders);
  if (!status && addsUp) showCoefficients();
  return status;
}

/** Reads markers and their segments up to the end marker, and scans as they come. */
function readSegments(at: usize, end: usize, width: i32, height: i32, keptRows: usize): void {
  while (!status) {
    // Fill bytes may precede a marker.
    while (load<u8>(at) == 0xff && load<u8>(at, 1) == 0xff) at++;
    const marker = <i32>load<u8>(at, 1);
    if (at >= end || load<u8>(at) != 0xff) return fail(damagedHeaders);
    at += 2;
    if (marker == 0xd9) return;
    // TEM and stray restart markers have no segment.
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    const next = at + <usize>bigEndian16(at);
    if (next < at + 2 || next > end) return fail(damagedHeaders);
    at += 2;
    if (marker == 0xda) {
      readScanHeader(at, next);
      at = status ? next : readScan(next, keptRows);
      continue;
    }
    if (marker == 0xc0 || marker == 0xc1 || marker == 0xc2) readFrame(at, next, marker == 0xc2, width, height);
    else if (marker == 0xc4) readHuffmanTables(at, next);
    else if (marker == 0xdb) readQuantisation(at, next);
    else if (marker == 0xdd) {
      if (next - at != 2) return fail(damagedHeaders);
      setRestartInterval(bigEndian16(at));
    } else if (marker == 0xe0) readJfif(at, next);
    else if (marker == 0xee) readAdobe(at, next);
    else if (marker < 0xdb || marker == 0xde || marker == 0xdf) {
      // Frames of other kinds, arithmetic coding, DNL and hierarchical pictures.
      if (marker != 0xcc) return fail(damagedHeaders);
    }
    at = next;
  }
}

/** Reads a scan's data and returns where the next marker stands. */
function readScan(data: usize, keptRows: usize): usize {
  if (scans++ == 0) {
    addsUp = progressive || scanCount < componentCount;
    if (!progressive) fillInStandardTables();
    chooseColours();
    startRows(keptRows);
    if (addsUp && !status) allocateCoefficients();
  } else if (!addsUp) fail(damagedHeaders);
  for (let i = 0; i < scanCount; i++) quantise(inScan(i));
  visits += blockCount;
  if (visits > maxBlockVisits) fail(tooMuchWork);
  if (status) return data;
  // At a scale that keeps DC coefficients only, AC scans are passed unread.
  if (bandStart > 0 && inScan(0).side == 1) return passData(data);
  prepareTables();
  if (status) return data;
  startData(data);
  if (!addsUp) readStreamed();
  else if (scanCount > 1) readInterleaved();
  else readAlone(inScan(0));
  return status ? data : endData();
}

function prepareTables(): void {
  for (let i = 0; i < scanCount && !status; i++) {
    const one = inScan(i);
    if (bandStart == 0 && highBit == 0) one.dcTable = huffmanTable(false, dcNumber(i));
    if (bandStart > 0 || !progressive) one.acTable = huffmanTable(true, acNumber(i));
    if (!status && !progressive && one.lastIndex < 63) store<usize>(skips + ((<usize>i) << 2), skipsOf(one.acTable));
  }
}

/** Where data end: at the first marker that is not a restart. Sixteen bytes at once; the padding holds a marker. */
function passData(at: usize): usize {
  const marker = i8x16.splat(-1);
  while (true) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), marker));
    if (!found) {
      at += 16;
      continue;
    }
    at += <usize>ctz(found);
    const code = load<u8>(at, 1);
    if (code == 0xff) at++;
    else if (code == 0 || (code >= 0xd0 && code <= 0xd7)) at += 2;
    else return at;
  }
}

/** A scan of all components: every row of units becomes rows of pixels at once. */
function readStreamed(): void {
  memory.fill(block, 0, 2 * 64 + 16);
  for (let row = 0; row < unitsDown; row++) {
    const needed = needsUnits(row);
    for (let unit = 0; unit < unitsAcross; unit++) {
      unitsAhead(1);
      for (let i = 0; i < scanCount; i++) {
        const one = inScan(i);
        const skip = load<usize>(skips + ((<usize>i) << 2));
        for (let y = 0; y < one.v; y++) {
          let to = blockRow(one, row, y) + <usize>((unit * one.h) << one.logSide);
          for (let x = 0; x < one.h; x++, to += <usize>one.side) {
            const rough = decodeBlock(one, block, skip);
            if (needed) transform(one, block, !rough, to);
            if (rough) clearBlock(one);
          }
        }
      }
      if (!dataHolds()) return;
    }
    handOnRows(row);
  }
}

@inline
function clearBlock(one: Component): void {
  if (one.side <= 2) store<u64>(block, 0);
  else memory.fill(block, 0, blockBytes(one));
}

/** A scan of some or all components whose blocks are kept. */
function readInterleaved(): void {
  for (let row = 0; row < unitsDown; row++)
    for (let unit = 0; unit < unitsAcross; unit++) {
      unitsAhead(1);
      for (let i = 0; i < scanCount; i++) {
        const one = inScan(i);
        for (let y = 0; y < one.v; y++)
          for (let x = 0; x < one.h; x++) readKept(one, i, (row * one.v + y) * one.blocksAcross + unit * one.h + x);
      }
      if (!dataHolds()) return;
    }
}

/** A scan of one component: its own blocks only, without those that fill up units. */
function readAlone(one: Component): void {
  for (let row = 0; row < one.blocksHigh; row++)
    for (let column = 0; column < one.blocksWide; ) {
      const count = unitsAhead(one.blocksWide - column);
      if (status) return;
      const index = row * one.blocksAcross + column;
      if (bandStart == 0) for (let i = 0; i < count; i++) readKept(one, 0, index + i);
      else {
        const at = one.coefficients + <usize>index * blockBytes(one);
        const significant = one.significant + ((<usize>index) << 3);
        if (highBit) refineAc(one, at, significant, count);
        else firstAc(one, at, significant, count);
      }
      if (!dataHolds()) return;
      column += count;
    }
}

/** A block of a sequential scan, or the DC coefficient of a progressive one. */
function readKept(one: Component, member: i32, index: i32): void {
  const bytes = blockBytes(one);
  const at = one.coefficients + <usize>index * bytes;
  if (!progressive) {
    memory.fill(block, 0, bytes);
    decodeBlock(one, block, load<usize>(skips + ((<usize>member) << 2)));
    memory.copy(at, block, bytes);
  } else if (highBit) refineDc(at);
  else firstDc(one, at);
}

/** The kept coefficients of the whole picture → rows. */
function showCoefficients(): void {
  for (let row = 0; row < unitsDown; row++) {
    if (needsUnits(row))
      for (let i = 0; i < componentCount; i++) {
        const one = component(i);
        const bytes = blockBytes(one);
        for (let y = 0; y < one.v; y++) {
          let to = blockRow(one, row, y);
          let at = one.coefficients + <usize>((row * one.v + y) * one.blocksAcross) * bytes;
          for (let x = 0; x < one.blocksAcross; x++, to += <usize>one.side, at += bytes)
            transform(one, at, false, to);
        }
      }
    handOnRows(row);
  }
}
