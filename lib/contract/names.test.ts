import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../storage/index.ts';
import { Digest, isName, LabelCounts, Name, TagSchema, Ulid, VersionNumber } from './index.ts';

const accepts = (text: unknown) => Name.safeParse(text).success;

describe('a name', () => {
  it.each([
    'a',
    'ants',
    'Bienenstöcke 2024.v1',
    'मधुमक्खी',
    '蜂',
    'пчела',
    'نحلة',
    '٣',
    '-',
    '_',
    '.a',
    'a.',
    '...',
    '__proto__',
    'constructor',
    '0',
  ])('may be %j', (text) => {
    expect(Name.parse(text)).toBe(text.normalize('NFC'));
  });

  it.each([
    '',
    '.',
    '..',
    ' ',
    ' a',
    'a ',
    'a/b',
    'a\\b',
    'a%2fb',
    'a:b',
    'a?b',
    'a#b',
    'a\tb',
    'a\nb',
    'a\u0000b',
    'a\u007fb',
    'a\u0085b',
    'a\u00a0b',
    'a\u2028b',
    'a\u200bb',
    'a\u202eb',
    '\ufeffa',
    '\ud800',
    'a\udc00',
    '\udc00\ud800',
    '🐝',
    'a\n',
    null,
    undefined,
    7,
    ['a'],
  ])('may not be %j', (text) => {
    expect(accepts(text)).toBe(false);
  });

  it('has 64 characters at most, as people count them', () => {
    for (const character of ['a', 'ä', '蜂', '𠀀']) {
      expect(accepts(character.repeat(64))).toBe(true);
      expect(accepts(character.repeat(65))).toBe(false);
    }
  });

  it('is counted after it has been composed', () => {
    expect(accepts('a\u0308'.repeat(64))).toBe(true);
    // This letter is one character until it is normalised, and two from then on.
    expect(accepts('\u0958'.repeat(32))).toBe(true);
    expect(accepts('\u0958'.repeat(33))).toBe(false);
  });

  it('is the same name, composed or decomposed', () => {
    expect(Name.parse('Bienensto\u0308cke')).toBe(Name.parse('Bienenst\u00f6cke'));
    expect(Name.parse('\u212b')).toBe('\u00c5');
  });

  it('once parsed, stays what it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (text) => {
        const parsed = Name.safeParse(text);
        if (!parsed.success) return;
        expect(Name.parse(parsed.data)).toBe(parsed.data);
        expect(parsed.data).toMatch(/^[^/\\\p{C}]+$/u);
        expect(isName(parsed.data)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a group or subject', () => {
  it.each(['a', ' a/b: ok? ', '🐝'.repeat(64), '__proto__'])('may be %j', (text) => {
    expect(TagSchema.parse(text)).toBe(text);
  });
  it.each(['', 'a'.repeat(65), '🐝'.repeat(65), 'a\nb', 'a\u0000', '\ud800'])('may not be %j', (text) => {
    expect(TagSchema.safeParse(text).success).toBe(false);
  });
});

it('the longest group and subject fit together into an object’s metadata', async () => {
  const longest = TagSchema.parse('🐝'.repeat(64));
  const metadata = {
    'headwater-group': longest,
    'headwater-subject': longest,
    'headwater-uploaded': '9'.repeat(16),
  };
  await expect(memoryStore().put('k', new Uint8Array(), { metadata })).resolves.not.toBeNull();
});

describe('counts of labels', () => {
  it('keep every legal label, `__proto__` too', () => {
    const text = '{"__proto__":3,"ants":1,"constructor":2}';
    expect(JSON.stringify(LabelCounts.parse(JSON.parse(text)))).toBe(text);
  });
  it.each([null, 'a', { a: -1 }, { a: 0.5 }, { a: '1' }, { 'a/b': 1 }, [1, -1]])('are not %j', (value) => {
    expect(LabelCounts.safeParse(value).success).toBe(false);
  });
});

describe('identifiers', () => {
  const hex = '0123456789abcdef'.repeat(4);
  it.each([hex.toUpperCase(), hex.slice(1), `${hex}0`, `${hex}\n`, `g${hex.slice(1)}`, ''])(
    'a digest is not %j',
    (text) => {
      expect(Digest.safeParse(hex).success).toBe(true);
      expect(Digest.safeParse(text).success).toBe(false);
    },
  );

  const ulid = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
  it.each([ulid.toLowerCase(), ulid.slice(1), `8${ulid.slice(1)}`, `I${ulid.slice(1)}`, `${ulid}\n`, ''])(
    'a ULID is not %j',
    (text) => {
      expect(Ulid.safeParse(ulid).success).toBe(true);
      expect(Ulid.safeParse(text).success).toBe(false);
    },
  );

  it.each([0, -1, 1.5, 2 ** 53, Number.NaN, '1'])('a version number is not %j', (value) => {
    expect(VersionNumber.safeParse(1).success).toBe(true);
    expect(VersionNumber.safeParse(value).success).toBe(false);
  });
});
