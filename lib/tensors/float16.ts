// IEEE 754 half precision, the format of stored codes. Round to nearest, ties to even, as every decoder does.

const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

/** The 16 bits of the half-precision number nearest to `value`, which is a float32 (others are rounded to one
 *  first). There is one NaN. */
export function toFloat16Bits(value: number): number {
  f32[0] = value;
  const bits = u32[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Subnormal: adding 0.5 aligns the mantissa so that the hardware does the rounding.
    f32[0] = Math.abs(f32[0]!) + 0.5;
    return sign | (u32[0]! - 0x3f000000);
  }
  const rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
  return sign | (rounded >>> 13);
}

/** The number that 16 half-precision bits stand for. */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** float32 → float16 bits, element by element. */
export function toFloat16(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = toFloat16Bits(values[i]!);
  return out;
}

/** float16 bits → float32, element by element. */
export function fromFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Float32Array(bits.length);
  placeFloat16(bits, out, 0);
  return out;
}

/** float16 bits → float32, element by element, into `out` from `at` on. */
export function placeFloat16(bits: Uint16Array, out: Float32Array, at: number): void {
  const table = numbers();
  for (let i = 0; i < bits.length; i++) out[at + i] = table[bits[i]!]!;
}

/** The number of every bit pattern: 256 KiB, made at the first use. */
let table: Float32Array | undefined;
function numbers(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => fromFloat16Bits(bits));
  return table;
}
