import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from './json.ts';

describe('JSON as bytes', () => {
  it('comes back as it was', () => {
    const value = { label: 'Zoë 🐝', counts: [1, 0.5, null], nested: { empty: {} } };
    expect(fromJson(toJson(value))).toEqual(value);
  });

  it.each([
    ['that end too early', '{"digest":'],
    ['of nothing', ''],
    ['of something else', '<!doctype html>'],
  ])('refuses bytes %s', (_, text) => {
    expect(() => fromJson(new TextEncoder().encode(text))).toThrow(SyntaxError);
  });

  it('refuses bytes that are not UTF-8, instead of reading another name into them', () => {
    expect(() => fromJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(TypeError);
  });
});
