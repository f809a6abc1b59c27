import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBase64Url, toJson } from '../tensors/index.ts';
import { cursorOf } from './cursor.ts';
import { headCursor, trainingCursor, versionCursor } from './http-lists.ts';
import { Name } from './names.ts';
import { anyName } from './testing.ts';

const opaque = (value: unknown) => toBase64Url(toJson(value));
const isRefused = (text: string): void => {
  expect(headCursor.schema.safeParse(text).success, text).toBe(false);
};

describe('a cursor', () => {
  it('comes back as the position that it was made from, and stands in a URL as it is', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const text = headCursor.encode(name);
        expect(text).toMatch(/^[\w-]+$/);
        expect(headCursor.schema.parse(text)).toBe(name);
      }),
    );
    const place: [string, string] = ['größe 蜂', '01ARZ3NDEKTSV4RRFFQ69G5FAV'];
    expect(trainingCursor.schema.parse(trainingCursor.encode(place))).toEqual(place);
    expect(versionCursor.schema.parse(versionCursor.encode(7))).toBe(7);
  });

  it('of another list is refused', () => {
    isRefused(cursorOf('datasets', Name).encode('ants'));
    isRefused(versionCursor.encode(7));
  });

  it('leads to no other prefix: what is no name is refused', () => {
    for (const name of [
      '',
      '.',
      '..',
      'a/b',
      '../datasets/x',
      'a\u0000',
      'o\u0308',
      'x'.repeat(65),
      7,
      null,
      ['a'],
    ])
      isRefused(opaque(['heads', name]));
  });

  it('that is garbage, or says more than it should, is refused', () => {
    isRefused(opaque(['heads', 'ants', 'more']));
    isRefused(opaque({ heads: 'ants' }));
    isRefused(`${opaque(['heads', 'ants'])}=`);
    fc.assert(fc.property(fc.string(), isRefused));
    fc.assert(fc.property(fc.string({ minLength: 1025, maxLength: 2000 }), isRefused));
  });
});
