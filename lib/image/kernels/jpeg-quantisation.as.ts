// Quantisation tables (T.81 B.2.4.1). A component takes the one that is in force when its first scan begins.

import { bigEndian16, blockBytes, Component } from './jpeg-frame.as';
import { damagedHeaders, fail, noMemory } from './jpeg-status.as';
import { allocate } from './memory.as';

const maxTables: i32 = 4;
const tableBytes: usize = 128;

/** u16 [4, 64] in zigzag order, then whether each is there. */
let tables: usize = 0;
let defined: i32 = 0;

export function clearQuantisation(): void {
  defined = 0;
  tables = allocate(tableBytes * <usize>maxTables);
  if (!tables) fail(noMemory);
}

/** Reads a segment's tables. */
export function readQuantisation(from: usize, end: usize): void {
  while (from < end) {
    const number = <i32>load<u8>(from) & 15;
    const wide = load<u8>(from) >> 4 != 0;
    from++;
    const bytes: usize = wide ? 128 : 64;
    if (number >= maxTables || end - from < bytes) return fail(damagedHeaders);
    const table = tables + <usize>number * tableBytes;
    for (let k: usize = 0; k < 64; k++, from += wide ? 2 : 1)
      store<u16>(table + 2 * k, <u16>(wide ? bigEndian16(from) : <i32>load<u8>(from)));
    defined |= 1 << number;
  }
}

/** Puts a component's table into the order of its blocks, if that has not been done. */
export function quantise(one: Component): void {
  if (one.quantised) return;
  const number = one.quantNumber;
  if (number >= maxTables || (defined >> number & 1) == 0) return fail(damagedHeaders);
  const bytes = blockBytes(one);
  for (let k: usize = 0; k < 64; k++) {
    const place = <usize>load<u8>(one.order + k);
    if (place < bytes) store<u16>(one.quant + place, load<u16>(tables + <usize>number * tableBytes + 2 * k));
  }
  one.quantised = 1;
}
