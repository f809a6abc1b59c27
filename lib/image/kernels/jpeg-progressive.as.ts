// Blocks of progressive scans (T.81 annex G). Values are kept for the coefficients that the scale needs; of the others
// only whether they are zero yet, one bit each, because refining scans are written in terms of that.

import { heldBits, keepBits, nextBits, refill } from './jpeg-bits.as';
import { blockBytes, Component } from './jpeg-frame.as';
import { endOfBlock, lookupBits, resolve, valuesOf } from './jpeg-huffman.as';
import { bandEnd, bandStart, endRun, lowBit, setEndRun } from './jpeg-scan.as';
import { damagedData, fail, status } from './jpeg-status.as';

/** First scan of a block's DC coefficient. */
export function firstDc(one: Component, block: usize): void {
  let bits = nextBits();
  let held = heldBits();
  if (held < 32) {
    bits = refill(bits, held);
    held |= 56;
  }
  let entry = load<i32>(valuesOf(one.dcTable) + (<usize>(bits >>> (64 - lookupBits)) << 2));
  if (!(entry & 255)) entry = resolve(one.dcTable, bits, entry);
  keepBits(bits << <u64>(entry & 255), held - (entry & 255));
  one.prediction += entry >> 16;
  store<i16>(block, <i16>(one.prediction << lowBit));
}

/** One more bit of a block's DC coefficient. */
export function refineDc(block: usize): void {
  let bits = nextBits();
  let held = heldBits();
  if (held < 1) {
    bits = refill(bits, held);
    held |= 56;
  }
  store<i16>(block, load<i16>(block) | <i16>((<i32>(bits >>> 63)) << lowBit));
  keepBits(bits << 1, held - 1);
}

/** First scan of a band of AC coefficients, for `count` blocks in a row. */
export function firstAc(one: Component, block: usize, significant: usize, count: i32): void {
  const table = one.acTable;
  const values = valuesOf(table);
  const bytes = blockBytes(one);
  const order = one.order;
  const last = one.lastIndex;
  let bits = nextBits();
  let held = heldBits();
  let run = endRun;
  while (count > 0 && !status) {
    if (run > 0) {
      const covered = min(run, count);
      run -= covered;
      count -= covered;
      block += <usize>covered * bytes;
      significant += (<usize>covered) << 3;
      continue;
    }
    let found: u64 = 0;
    let k = bandStart;
    while (k <= bandEnd) {
      if (held < 32) {
        bits = refill(bits, held);
        held |= 56;
      }
      let entry = load<i32>(values + (<usize>(bits >>> (64 - lookupBits)) << 2));
      if (!(entry & 255)) entry = resolve(table, bits, entry);
      bits <<= <u64>(entry & 255);
      held -= entry & 255;
      const passed = (entry >> 8) & 127;
      if (passed >= endOfBlock) {
        const extra = passed - endOfBlock;
        if (extra) {
          run = (1 << extra) + <i32>(bits >>> <u64>(64 - extra)) - 1;
          bits <<= <u64>extra;
          held -= extra;
        }
        break;
      }
      k += passed;
      if (k > 63) break;
      const value = entry >> 16;
      if (value) {
        found |= <u64>1 << <u64>k;
        if (k <= last) {
          const place = <usize>load<u8>(order + <usize>k);
          if (place < bytes) store<i16>(block + place, <i16>(value << lowBit));
        }
      }
      k++;
    }
    store<u64>(significant, load<u64>(significant) | found);
    block += bytes;
    significant += 8;
    count--;
  }
  keepBits(bits, held);
  setEndRun(run);
}

/**
 * One more bit of a band of AC coefficients, for `count` blocks in a row. A code passes so many coefficients that were
 * zero; those that were not, on the way, have a bit each behind the code. Where the way ends is found by counting ones.
 */
export function refineAc(one: Component, block: usize, significant: usize, count: i32): void {
  const table = one.acTable;
  const values = valuesOf(table);
  const bytes = blockBytes(one);
  const order = one.order;
  const last = one.lastIndex;
  const end = bandEnd;
  const step: i32 = 1 << lowBit;
  const band = (~<u64>0 << <u64>bandStart) & (~<u64>0 >>> <u64>(63 - end));
  let bits = nextBits();
  let held = heldBits();
  let run = endRun;
  for (; count > 0; count--, block += bytes, significant += 8) {
    const known = load<u64>(significant) & band;
    if (run > 0 && !known) {
      run--;
      continue;
    }
    let found: u64 = 0;
    let k = bandStart;
    while (k <= end) {
      // Those that were not zero, from k on, and as far as this code goes.
      let ones = known >>> <u64>k;
      let value = 0;
      let next = end + 1;
      if (run == 0) {
        if (held < 32) {
          bits = refill(bits, held);
          held |= 56;
        }
        let entry = load<i32>(values + (<usize>(bits >>> (64 - lookupBits)) << 2));
        if (!(entry & 255)) entry = resolve(table, bits, entry);
        bits <<= <u64>(entry & 255);
        held -= entry & 255;
        const passed = (entry >> 8) & 127;
        if (passed >= endOfBlock) {
          const extra = passed - endOfBlock;
          run = 1 << extra;
          if (extra) {
            run += <i32>(bits >>> <u64>(64 - extra));
            bits <<= <u64>extra;
            held -= extra;
          }
        } else {
          if (abs(entry >> 16) > 1) {
            fail(damagedData);
            return keepBits(bits, held);
          }
          let span = passed;
          while (k + span <= end) {
            const reach = passed + <i32>popcnt(ones & (((<u64>2) << <u64>span) - 1));
            if (reach == span) {
              value = entry >> 16;
              next = k + span + 1;
              ones &= ((<u64>1) << <u64>span) - 1;
              break;
            }
            span = reach;
          }
        }
      }
      if (ones) {
        if (k <= last) {
          // The first ones are kept; the others' bits are passed together.
          for (let at = k; at <= last && ones; at++, ones >>>= 1) {
            if (!(ones & 1)) continue;
            if (held < 1) {
              bits = refill(bits, held);
              held |= 56;
            }
            if (<i64>bits < 0) correct(block, <usize>load<u8>(order + <usize>at), bytes, step);
            bits <<= 1;
            held--;
          }
        }
        let pass = <i32>popcnt(ones);
        if (pass > held) {
          pass -= held;
          bits = refill(0, 0);
          held = 56;
          if (pass > held) {
            pass -= held;
            bits = refill(0, 0);
          }
        }
        bits <<= <u64>pass;
        held -= pass;
      }
      if (value) {
        found |= (<u64>1) << <u64>(next - 1);
        if (next - 1 <= last) {
          const place = <usize>load<u8>(order + <usize>(next - 1));
          if (place < bytes) store<i16>(block + place, <i16>(value * step));
        }
      }
      k = next;
    }
    if (run > 0) run--;
    if (found) store<u64>(significant, load<u64>(significant) | found);
  }
  keepBits(bits, held);
  setEndRun(run);
}

/** Moves a coefficient away from zero by `step`, unless it has that bit. */
@inline
function correct(block: usize, place: usize, bytes: usize, step: i32): void {
  if (place >= bytes) return;
  const value = <i32>load<i16>(block + place);
  if ((value & step) == 0) store<i16>(block + place, <i16>(value < 0 ? value - step : value + step));
}
