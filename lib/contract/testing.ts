// Arbitraries of the contract's own words, for property tests.

import fc from 'fast-check';
import { isName } from './names.ts';

const oddNames = ['__proto__', 'constructor', '0', '10', '2', '...', '-', 'a b', 'Bienenstöcke', '蜂', '𠀀'];

/** Legal names, normalised. */
export const anyName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...oddNames),
  fc.string({ unit: fc.constantFrom(...'abzAZ09-_ .äé蜂𠀀'), minLength: 1, maxLength: 12 }).filter(isName),
);

export const anyDigest: fc.Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 64,
  maxLength: 64,
});

export const anyUlid: fc.Arbitrary<string> = fc
  .string({ unit: fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), minLength: 25, maxLength: 25 })
  .map((rest) => `0${rest}`);
