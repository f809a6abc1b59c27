// Bits of entropy-coded data (T.81 F.2.2.5), most significant first, from a file that ends in padding of end markers.
//
// The next bits stand at the top of a 64-bit word, `held` of them; a loop keeps both in locals and gives them back
// with `keepBits`. Refilling takes eight bytes at once, unless one of them is 0xff: then bytes go one by one, stuffed
// zeros are dropped, and at a marker zeros are pretended. Who has consumed pretended bits has met the end too early.

/** Padding that must follow the file, 0xff 0xd9 again and again: no read of eight bytes leaves it unnoticed. */
export const paddingBytes: usize = 32;

/** The next byte to refill from; stops at a marker. */
let at: usize = 0;
let accumulator: u64 = 0;
let held: i32 = 0;
/** How many of the held bits, the last ones, were pretended. */
let pretended: i32 = 0;

/** Starts at a byte boundary. */
export function startBits(from: usize): void {
  at = from;
  accumulator = 0;
  held = 0;
  pretended = 0;
}

@inline
export function nextBits(): u64 {
  return accumulator;
}

@inline
export function heldBits(): i32 {
  return held;
}

@inline
export function keepBits(bits: u64, count: i32): void {
  accumulator = bits;
  held = count;
}

/** `bits` with at least 56 of them held: the caller says `held |= 56`, for whole bytes are taken. */
@inline
export function refill(bits: u64, held: i32): u64 {
  const bytes = load<u64>(at);
  if (!((~bytes - 0x0101010101010101) & bytes & 0x8080808080808080)) {
    at += <usize>((63 - held) >> 3);
    // Bits beyond the whole bytes come too; the next refill ORs the same bits in again.
    return bits | (bswap<u64>(bytes) >>> <u64>held);
  }
  return refillBytewise(bits, held);
}

function refillBytewise(bits: u64, held: i32): u64 {
  for (; held < 56; held += 8) {
    let byte: u64 = load<u8>(at);
    if (byte == 0xff) {
      if (load<u8>(at, 1) == 0) at += 2;
      else {
        byte = 0;
        pretended += 8;
      }
    } else at++;
    bits |= byte << <u64>(56 - held);
  }
  return bits;
}

/** Whether bits were consumed that are not in the file. */
@inline
export function hasOverrun(): bool {
  return held < pretended;
}

/** Bytes between the last consumed bit and the next marker; the reader then stands at that marker. */
export function skipToMarker(): i32 {
  let unread = max(0, held - pretended) >> 3;
  for (; load<u8>(at) != 0xff || load<u8>(at, 1) == 0; at++) unread++;
  return unread;
}

/** Where the reader stands. */
export function position(): usize {
  return at;
}
