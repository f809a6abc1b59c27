import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkKey, compareKeys, rangeLength } from './checks.ts';
import { decodeMetadata, encodeMetadata, maxMetadataBytes } from './metadata.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

it('orders keys exactly as their UTF-8 bytes', () => {
  const byBytes = (a: string, b: string) => Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(byBytes(a, b));
    }),
  );
  // The pair that UTF-16 order gets wrong, which a random search may miss.
  expect(compareKeys('\uffee', '🐜')).toBeLessThan(0);
  expect(compareKeys('🐜', '\uffee')).toBeGreaterThan(0);
});

it('gives back any metadata, and stores visible ASCII that survives an HTTP header', () => {
  fc.assert(
    fc.property(fc.record({ group: anyText, subject: anyText }), (metadata) => {
      const stored = encodeMetadata(metadata);
      expect(Object.values(stored).join('')).toMatch(/^[!-~]*$/);
      expect(decodeMetadata(stored)).toEqual(metadata);
    }),
  );
});

it('replaces lone surrogates, keeps what does not decode, and lowers the names that others wrote', () => {
  expect(decodeMetadata(encodeMetadata({ a: 'x\ud800y' }))).toEqual({ a: 'x\ufffdy' });
  expect(decodeMetadata({ Group: '100% %zz', plain: 'größe' })).toEqual({
    group: '100% %zz',
    plain: 'größe',
  });
  expect(decodeMetadata(undefined)).toEqual({});
});

it('takes metadata up to the limit and not one byte more', () => {
  const room = maxMetadataBytes - 'name'.length;
  expect(encodeMetadata({ name: 'x'.repeat(room) }).name).toHaveLength(room);
  expect(() => encodeMetadata({ name: 'x'.repeat(room + 1) })).toThrow(/2048 bytes/);
});

it('takes keys up to the limit in bytes and not one byte more', () => {
  expect(() => checkKey('ü'.repeat(512))).not.toThrow();
  expect(() => checkKey(`${'ü'.repeat(512)}x`)).toThrow(/1024 bytes/);
});

it('covers exactly the bytes that slice would give', () => {
  const natural = fc.nat({ max: 50 });
  fc.assert(
    fc.property(natural, natural, fc.option(natural, { nil: undefined }), (size, offset, length) => {
      const expected = new Uint8Array(size).slice(
        offset,
        length === undefined ? size : offset + length,
      ).length;
      expect(rangeLength(size, { offset, length })).toBe(expected);
    }),
  );
});
