// Huffman tables (T.81 annex C and F.2.2): as the file defines them, and as lookups by the next 12 bits.
//
// `values`, i32 by 12 bits: what one code and the magnitude bits behind it say.
//     bits 0..7    how many bits both take; 0 if 12 bits do not tell
//     bits 8..14   coefficients to pass before the value's own; `endOfBlock` + n for end-of-block runs EOBn
//     bits 16..31  the value, signed
//   Where the code fits but not the magnitude: 0, then the code's length, then its symbol. 0 if the code is longer.
// `skips`, u16 by 12 bits: as many codes of the AC coefficients as fit, for those that the scale does not need.
//     bits 0..3    how many bits they take together; 0 if not even one fits
//     bits 4..10   coefficients that they pass
//     bit 11       they end the block

import { allocate } from './memory.as';
import { standardTables, standardTablesBytes } from './jpeg-standard-tables.as';
import { damagedData, damagedHeaders, fail, noMemory } from './jpeg-status.as';

export const lookupBits: u64 = 12;
const lookups: i32 = 1 << 12;
export const endOfBlock: i32 = 112;
export const skipEnds: i32 = 1 << 11;

// A table: { u8 counts[17], padding, u8 symbols[256] } from the file, { i32 first[18], i32 end[18], i32 index[18] } by
// code length, then the lookups. Tables 0..3 are for DC, 4..7 for AC.
const symbolsAt: usize = 32;
const firstAt: usize = 288;
const endAt: usize = 360;
const indexAt: usize = 432;
const stateAt: usize = 504;
const valuesAt: usize = 512;
const skipsAt: usize = valuesAt + 4 * 4096;
const tableBytes: usize = skipsAt + 2 * 4096;
const tableCount: usize = 8;

const absent: i32 = 0;
const defined: i32 = 1;
const prepared: i32 = 2;
const preparedSkips: i32 = 3;

let tables: usize = 0;

/** Forgets a file's tables. */
export function clearHuffmanTables(): void {
  tables = allocate(tableBytes * tableCount);
  if (!tables) return fail(noMemory);
  for (let i: usize = 0; i < tableCount; i++) store<i32>(tables + i * tableBytes + stateAt, absent);
}

/** Puts the standard tables where a file has defined none. */
export function fillInStandardTables(): void {
  readTables(standardTables, standardTables + standardTablesBytes, true);
}

/** Reads a segment's tables; each replaces the one that had its number. */
export function readHuffmanTables(from: usize, end: usize): void {
  readTables(from, end, false);
}

/** Tables as T.81 B.2.4.2 has them: class and number, 16 counts by code length, symbols. */
function readTables(from: usize, end: usize, onlyAbsent: bool): void {
  while (end - from > 16) {
    const kind = load<u8>(from);
    let total = 0;
    for (let i: usize = 1; i <= 16; i++) total += load<u8>(from + i);
    if ((kind & 0xec) != 0 || total > 256 || <usize>total > end - from - 17) return fail(damagedHeaders);
    const table = tables + <usize>((kind & 3) + (kind >> 4 << 2)) * tableBytes;
    if (!onlyAbsent || load<i32>(table + stateAt) == absent) {
      memory.copy(table, from, 17);
      memory.copy(table + symbolsAt, from + 17, total);
      store<i32>(table + stateAt, defined);
    }
    from += 17 + <usize>total;
  }
  if (from != end) fail(damagedHeaders);
}

/** The address of a table, ready for use; a scan that needs one which is absent or impossible fails. */
export function huffmanTable(ac: bool, number: i32): usize {
  const table = tables + <usize>((number & 3) + (ac ? 4 : 0)) * tableBytes;
  const state = load<i32>(table + stateAt);
  if (number > 3 || state == absent) fail(damagedHeaders);
  else if (state == defined && prepare(table, ac)) store<i32>(table + stateAt, prepared);
  return table;
}

@inline
export function valuesOf(table: usize): usize {
  return table + valuesAt;
}

/** The `skips` of a table of AC coefficients that is ready for use. */
export function skipsOf(table: usize): usize {
  if (load<i32>(table + stateAt) == prepared) {
    fillSkips(table);
    store<i32>(table + stateAt, preparedSkips);
  }
  return table + skipsAt;
}

function prepare(table: usize, ac: bool): bool {
  memory.fill(table + valuesAt, 0, 4 * lookups);
  let code = 0;
  let index = 0;
  for (let length = 1; length <= 16; length++, code <<= 1) {
    const count = <i32>load<u8>(table + <usize>length);
    const at = table + ((<usize>length) << 2);
    store<i32>(at + firstAt, code);
    store<i32>(at + indexAt, index);
    for (let i = 0; i < count; i++, code++, index++) {
      const symbol = <i32>load<u8>(table + symbolsAt + <usize>index);
      if (!ac && symbol > 15) {
        fail(damagedHeaders);
        return false;
      }
      if (length <= <i32>lookupBits && code < 1 << length) fillValues(table + valuesAt, code, length, symbol);
    }
    store<i32>(at + endAt, code);
    // No code may be all ones (C.2).
    if (count && code >= 1 << length) {
      fail(damagedHeaders);
      return false;
    }
  }
  return true;
}

/** Every entry of `values` that begins with a code. */
function fillValues(values: usize, code: i32, length: i32, symbol: i32): void {
  const rest = <i32>lookupBits - length;
  const magnitude = symbol & 15;
  const from = values + ((<usize>code) << (2 + rest));
  const joined = magnitude <= rest;
  for (let bits = 0; bits < 1 << rest; bits++) {
    const entry = joined ? entryOf(length, symbol, bits >> (rest - magnitude)) : (symbol << 16) | (length << 8);
    store<i32>(from + ((<usize>bits) << 2), entry);
  }
}

/**
 * An entry of a symbol whose magnitude bits are known (T.81 F.2.2.1, table F.1). Difference 0 of a DC table looks like
 * an end of block: only the value counts there.
 */
@inline
function entryOf(length: i32, symbol: i32, bits: i32): i32 {
  const magnitude = symbol & 15;
  const run = symbol >> 4;
  if (magnitude == 0) return length | ((run == 15 ? run : endOfBlock + run) << 8);
  const value = bits < 1 << (magnitude - 1) ? bits - (1 << magnitude) + 1 : bits;
  return (length + magnitude) | (run << 8) | (value << 16);
}

function fillSkips(table: usize): void {
  const values = table + valuesAt;
  for (let window = 0; window < lookups; window++) {
    let bits = 0;
    let passed = 0;
    let ends = 0;
    while (!ends) {
      const entry = load<i32>(values + ((<usize>((window << bits) & (lookups - 1))) << 2));
      const length = entry & 255;
      if (length == 0 || bits + length > <i32>lookupBits) break;
      const run = (entry >> 8) & 127;
      if (run >= endOfBlock) ends = skipEnds;
      else if (passed + run + 1 > 63) break;
      else passed += run + 1;
      bits += length;
    }
    store<u16>(table + skipsAt + ((<usize>window) << 1), <u16>(bits | (passed << 4) | ends));
  }
}

/**
 * The entry that `values` could not hold, from the next 32 bits. A code that the table does not have fails, takes no
 * bits, and ends the block.
 */
export function resolve(table: usize, bits: u64, entry: i32): i32 {
  let length = entry >> 8 & 127;
  let symbol = entry >> 16 & 255;
  if (entry == 0) {
    for (length = <i32>lookupBits + 1; ; length++) {
      if (length > 16) {
        fail(damagedData);
        return endOfBlock << 8;
      }
      const code = <i32>(bits >>> <u64>(64 - length));
      const at = table + ((<usize>length) << 2);
      if (code < load<i32>(at + endAt)) {
        symbol = load<u8>(table + symbolsAt + <usize>(load<i32>(at + indexAt) + code - load<i32>(at + firstAt)));
        break;
      }
    }
  }
  const magnitude = symbol & 15;
  const value = magnitude ? <i32>((bits << <u64>length) >>> <u64>(64 - magnitude)) : 0;
  return entryOf(length, symbol, value);
}
