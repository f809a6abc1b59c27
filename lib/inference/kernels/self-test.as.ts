// Whether this platform computes what the integer kernels rest on. One that does not is known, V8's baseline compiler on
// x86 without AVX: it takes the operands of the relaxed dot for each other, and when both are multiplied by q15mulr,
// relaxed or not, it may write the result over the second one before it is read. Numbers are read from memory that was
// filled a moment before, so that no compiler knows the answer, and every lane differs.

/** 16 bytes a, 16 bytes b, 16 bytes result, 16 bytes for what keeps a variable alive. */
const scratch = memory.data(64, 16);

/** A generator of bytes (Numerical Recipes' constants); its high bits are used. */
let state: u32 = 0;

function next(): i32 {
  state = state * 1664525 + 1013904223;
  return <i32>(state >> 16);
}

/** 0 if all is well, else which operation is wrong: 1 the dot, 2 a product, 3 both. */
export function selfTest(): i32 {
  state = 1;
  let wrong = 0;
  for (let round = 0; round < 64; round++) {
    if (ASC_FEATURE_RELAXED_SIMD && !dotIsRight(round)) wrong |= 1;
    if (!productsAreRight(round)) wrong |= 2;
  }
  return wrong;
}

/** Signed weights first, 0..127 second, and no pair that leaves int16: the operands' order and signs show. */
function dotIsRight(round: i32): bool {
  for (let i = 0; i < 16; i++) {
    // Extremes in the first rounds: −127 and 127 against 127.
    store<i8>(scratch + i, <i8>(round < 2 ? (((i >> 1) + round) & 1 ? 127 : -127) : (next() % 255) - 127));
    store<i8>(scratch + i, <i8>(round < 2 ? 127 : next() & 127), 16);
  }
  relaxedDot();
  for (let i: usize = 0; i < 8; i++) {
    const at = scratch + i * 2;
    const sum =
      <i32>load<i8>(at) * <i32>load<i8>(at, 16) + <i32>load<i8>(at, 1) * <i32>load<i8>(at, 17);
    if (<i32>load<i16>(at, 32) != sum) return false;
  }
  return true;
}

/** Activations (0..127) · 256 against int16, both extremes among them. */
function productsAreRight(round: i32): bool {
  for (let i: usize = 0; i < 8; i++) {
    const at = scratch + i * 2;
    store<i16>(at, <i16>((round < 2 ? 127 : next() & 127) << 8));
    store<i16>(at, <i16>(round < 2 ? (round ? -32768 : 32767) : next()), 16);
  }
  saturatingProduct();
  if (!isProduct()) return false;
  if (!ASC_FEATURE_RELAXED_SIMD) return true;
  relaxedProduct();
  return isProduct();
}

function isProduct(): bool {
  for (let i: usize = 0; i < 8; i++) {
    const at = scratch + i * 2;
    if (<i32>load<i16>(at, 32) != (<i32>load<i16>(at) * <i32>load<i16>(at, 16) + 0x4000) >> 15) return false;
  }
  return true;
}

function relaxedDot(): void {
  if (ASC_FEATURE_RELAXED_SIMD)
    v128.store(scratch, i16x8.relaxed_dot_i8x16_i7x16_s(v128.load(scratch), v128.load(scratch, 16)), 32);
}

// In both products the first operand is a variable that is needed afterwards, the second one is not in a variable: that
// is when the second one's register is taken for the result.

function relaxedProduct(): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const a = v128.load(scratch);
    v128.store(scratch, a, 48);
    v128.store(scratch, i16x8.relaxed_q15mulr_s(a, v128.load(scratch, 16)), 32);
    v128.store(scratch, a, 48);
  }
}

function saturatingProduct(): void {
  const a = v128.load(scratch);
  v128.store(scratch, a, 48);
  v128.store(scratch, i16x8.q15mulr_sat_s(a, v128.load(scratch, 16)), 32);
  v128.store(scratch, a, 48);
}
