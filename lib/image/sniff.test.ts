import { expect, it } from 'vitest';
import { limits } from './limits.ts';
import { probe } from './probe.ts';

const latin = (text: string) => new Uint8Array(Buffer.from(text.padEnd(64, '\0'), 'latin1'));

it.each([
  ['GIF89a', 'gif', 'GIF'],
  ['RIFF\x10\0\0\0WAVEfmt ', 'unknown', 'recognised'],
  ['\0\0\0\x1cftypavif', 'avif', 'AVIF'],
  ['\0\0\0\x1cftypheic', 'heic', 'HEIC'],
  ['\0\0\0\x1cftypmp42', 'video', 'film'],
  ['BM\x10\0', 'bmp', 'BMP'],
  ['II*\0', 'tiff', 'TIFF'],
  ['MM\0*', 'tiff', 'TIFF'],
  ['%PDF-1.7', 'pdf', 'PDF'],
  ['\0\x02\x03', 'unknown', 'recognised'],
])('names %j', (start, recognised, word) => {
  const facts = expect.objectContaining({ recognised });
  expect(() => probe(latin(start))).toThrow(expect.objectContaining({ type: 'unsupported-image', facts }));
  expect(() => probe(latin(start))).toThrow(word);
});

it.each([
  ['hello there', 'text, not an image'],
  ['<!DOCTYPE html><p>', 'an HTML page'],
  ['<?xml version="1.0"?>\n<svg xmlns="">', 'an SVG drawing'],
  ['{"image": "…"}', 'text, not an image'],
])('tells text from images: %j', (text, phrase) => {
  expect(() => probe(new TextEncoder().encode(text))).toThrow(
    `This is ${phrase}. Send a JPEG, a PNG or a still WebP instead.`,
  );
});

it('says of nothing that it is empty', () => {
  expect(() => probe(new Uint8Array())).toThrow(expect.objectContaining({ type: 'invalid-image' }));
});

it('refuses a file that is too long, whatever it is', () => {
  const type = 'image-too-large';
  expect(() => probe(new Uint8Array(limits.maxImageBytes + 1))).toThrow(expect.objectContaining({ type }));
});
