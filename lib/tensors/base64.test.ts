import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBase64, fromBase64Url, fromHex, sha256, toBase64, toBase64Url, toHex } from './index.ts';

const bytes = fc.uint8Array({ maxLength: 200 });

describe('base64', () => {
  it('is what Node writes, and reads back', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(toBase64(data)).toBe(Buffer.from(data).toString('base64'));
        expect(fromBase64(toBase64(data))).toEqual(data);
        expect(toBase64Url(data)).toBe(Buffer.from(data).toString('base64url'));
        expect(fromBase64Url(toBase64Url(data))).toEqual(data);
      }),
    );
  });

  it('takes more bytes than one call may have arguments', () => {
    const data = new Uint8Array(300_001).map((_, i) => i * 7);
    expect(toBase64(data)).toBe(Buffer.from(data).toString('base64'));
    expect(fromBase64(toBase64(data))).toEqual(data);
  });

  it('has one spelling for one run of bytes: whatever else is read is refused', () => {
    const digit = fc.constantFrom(...'ABQYZaz059+/=-_ \n');
    fc.assert(
      fc.property(fc.string({ unit: digit, maxLength: 9 }), (text) => {
        for (const [decode, encode] of [
          [fromBase64, toBase64],
          [fromBase64Url, toBase64Url],
        ] as const) {
          let data: Uint8Array | undefined;
          try {
            data = decode(text);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
          if (data) expect(encode(data)).toBe(text);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['YR==', 'YQ', 'YQ=', 'Y Q==', 'YQ==\n', 'Y===', '====', 'YQ==YQ==', 'é'])('refuses %j', (text) => {
    expect(() => fromBase64(text)).toThrow(RangeError);
  });

  it.each(['YR', 'Y', 'YQ==', 'Y Q', '+/', 'é'])('refuses %j as base64url', (text) => {
    expect(() => fromBase64Url(text)).toThrow(RangeError);
  });
});

describe('digests', () => {
  it('are those of FIPS 180-2', async () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await sha256('abc')).toBe(expected);
    expect(await sha256(new Uint8Array([97, 98, 99]))).toBe(expected);
  });

  it('are of the view, not of the buffer behind it', async () => {
    expect(await sha256(new Uint8Array([9, 97, 98, 99, 9]).subarray(1, 4))).toBe(await sha256('abc'));
  });

  it('go to hexadecimal and back', () => {
    fc.assert(
      fc.property(bytes, (data) => {
        expect(toHex(data)).toBe(Buffer.from(data).toString('hex'));
        expect(fromHex(toHex(data))).toEqual(data);
        expect(fromHex(toHex(data).toUpperCase())).toEqual(data);
      }),
    );
  });

  it.each(['a', 'abc', 'gg', '0x', ' 1', '1\n'])('refuses %j as hexadecimal', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});
