import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromFloat16, fromFloat16Bits, toFloat16, toFloat16Bits } from './index.ts';

const isNaNPattern = (bits: number) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
const allPatterns = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);

/** The platform's own rounding: absent before Node 24. */
const f16round = (Math as { f16round?: (x: number) => number }).f16round;

describe('float16', () => {
  it('keeps every one of the 65,536 bit patterns, and has one NaN', () => {
    const back = toFloat16(fromFloat16(allPatterns));
    for (const bits of allPatterns)
      if (back[bits] !== (isNaNPattern(bits) ? 0x7e00 : bits)) expect.fail(`0x${bits.toString(16)}`);
  });

  it('reads them in order: a greater pattern is a greater number', () => {
    for (let bits = 1; bits <= 0x7c00; bits++) {
      if (!(fromFloat16Bits(bits) > fromFloat16Bits(bits - 1))) expect.fail(`0x${bits.toString(16)}`);
      if (fromFloat16Bits(bits | 0x8000) !== -fromFloat16Bits(bits)) expect.fail(`-0x${bits.toString(16)}`);
    }
  });

  it.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0001, 0x0001],
    [-0, 0x8000],
    [1 / 3, 0x3555],
  ])('writes %d as IEEE 754 says', (value, bits) => {
    expect(toFloat16Bits(value)).toBe(bits);
  });

  it('rounds half-way cases to even, at every step between neighbours', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const halfWay = (fromFloat16Bits(bits) + fromFloat16Bits(bits + 1)) / 2;
      if (toFloat16Bits(halfWay) !== bits + (bits & 1)) expect.fail(`0x${bits.toString(16)}`);
    }
  });

  it.skipIf(!f16round)('rounds every float32 as the platform does', () => {
    const float32Bits = fc.integer({ min: 0, max: 0xffffffff });
    const near = fc.float({ min: -70_000, max: 70_000, noNaN: true });
    const same = (value: number) => {
      expect(fromFloat16Bits(toFloat16Bits(value))).toBe(f16round!(value));
    };
    const view = new DataView(new ArrayBuffer(4));
    fc.assert(
      fc.property(float32Bits, (bits) => {
        view.setUint32(0, bits);
        same(view.getFloat32(0));
      }),
      { numRuns: 20_000 },
    );
    fc.assert(fc.property(near, same), { numRuns: 20_000 });
  });
});
