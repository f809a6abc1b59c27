import { describe, expect, it } from 'vitest';
import { etagOf, isNamed } from './etag.ts';

const digest = 'a'.repeat(64);

describe('entity tags', () => {
  it('name every version and what was asked about', () => {
    expect(etagOf([3], digest)).toBe(`"3:${digest}"`);
    expect(etagOf([3, 1, 7], digest)).toBe(`"3.1.7:${digest}"`);
  });

  it.each([
    [undefined, false],
    ['', false],
    ['*', true],
    ['"3:x"', true],
    ['W/"3:x"', true],
    ['"2:x", W/"3:x"', true],
    ['"a,b" ,"3:x"', true],
    [',, "3:x",', true],
    ['"2:x"', false],
    ['3:x', false],
    ['"3:x', false],
    ['w/"3:x"', false],
    ['"2:x" "3:x"', false],
    ['*, "2:x"', false],
  ])('If-None-Match: %s', (header, expected) => {
    expect(isNamed('"3:x"', header)).toBe(expected);
  });
});
