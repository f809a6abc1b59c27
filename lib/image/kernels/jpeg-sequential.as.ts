// Blocks of sequential scans (T.81 F.2.2). Only the coefficients that the scale needs become numbers; the codes of the
// others are passed several at a time.

import { heldBits, keepBits, nextBits, refill } from './jpeg-bits.as';
import { Component } from './jpeg-frame.as';
import { endOfBlock, lookupBits, resolve, skipEnds, valuesOf } from './jpeg-huffman.as';

/** Indices from here on only an end of block reaches: 63 and a run of 15 stay below. */
const beyondRuns: i32 = 80;

/**
 * Decodes the next block of a component into `block`, which is cleared: i16 [side, side] and one more, where
 * coefficients go that are not kept. Returns whether there is any besides the first.
 *
 * @param skips of the component's AC table; not used where all coefficients are kept
 */
export function decodeBlock(one: Component, block: usize, skips: usize): bool {
  let bits = nextBits();
  let held = heldBits();
  if (held < 32) {
    bits = refill(bits, held);
    held |= 56;
  }
  let entry = load<i32>(valuesOf(one.dcTable) + (<usize>(bits >>> (64 - lookupBits)) << 2));
  if (!(entry & 255)) entry = resolve(one.dcTable, bits, entry);
  bits <<= <u64>(entry & 255);
  held -= entry & 255;
  one.prediction += entry >> 16;
  store<i16>(block, <i16>one.prediction);

  const table = one.acTable;
  const values = valuesOf(table);
  const order = one.order;
  const last = one.lastIndex;
  let k = 1;
  while (k <= last) {
    if (held < 32) {
      bits = refill(bits, held);
      held |= 56;
    }
    entry = load<i32>(values + (<usize>(bits >>> (64 - lookupBits)) << 2));
    if (!(entry & 255)) entry = resolve(table, bits, entry);
    bits <<= <u64>(entry & 255);
    held -= entry & 255;
    k += (entry >> 8) & 127;
    if (k >= beyondRuns) {
      keepBits(bits, held);
      return k > 1 + endOfBlock;
    }
    store<i16>(block + <usize>load<u8>(order + <usize>k), <i16>(entry >> 16));
    k++;
  }
  while (k < 64) {
    if (held < 32) {
      bits = refill(bits, held);
      held |= 56;
    }
    const skip = <i32>load<u16>(skips + (<usize>(bits >>> (64 - lookupBits)) << 1));
    const passed = k + ((skip >> 4) & 127);
    // Only codes that surely belong to this block are passed together.
    if ((skip & 15) != 0 && passed <= 63) {
      bits <<= <u64>(skip & 15);
      held -= skip & 15;
      if (skip & skipEnds) break;
      k = passed;
    } else {
      entry = load<i32>(values + (<usize>(bits >>> (64 - lookupBits)) << 2));
      if (entry & 255 || entry == 0) {
        if (entry == 0) entry = resolve(table, bits, entry);
        bits <<= <u64>(entry & 255);
        held -= entry & 255;
        k += ((entry >> 8) & 127) + 1;
      } else {
        // A code whose magnitude is long; nobody asks for its value.
        const length = ((entry >> 8) & 127) + ((entry >> 16) & 15);
        bits <<= <u64>length;
        held -= length;
        k += ((entry >> 20) & 15) + 1;
      }
    }
  }
  keepBits(bits, held);
  return true;
}
