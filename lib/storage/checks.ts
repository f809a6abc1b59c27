// The rules that every driver applies before it talks to its store, so that all of them refuse alike:
// what a key may be, what a page may hold, in which order keys stand.

import { HeadwaterError } from '../errors/index.ts';
import { type ByteRange, type ListOptions, maxListLimit } from './object-store.ts';

/** The longest key in bytes of UTF-8: the limit of both R2 and S3. */
export const maxKeyBytes = 1024;

const encoder = new TextEncoder();

/**
 * Refuses what some store could not keep: empty or overlong keys, lone surrogates, control characters (XML
 * cannot carry them) and `.` or `..` as a path segment (HTTP clients and servers resolve those).
 */
export function checkKey(key: string): void {
  const segments = key.split('/');
  const problem =
    key === ''
      ? 'is empty'
      : /\p{Surrogate}/u.test(key)
        ? 'is not well-formed Unicode'
        : encoder.encode(key).length > maxKeyBytes
          ? `is longer than ${maxKeyBytes} bytes`
          : // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
            /[\u0000-\u001f\u007f]/.test(key)
            ? 'holds a control character'
            : segments.includes('.') || segments.includes('..')
              ? 'has "." or ".." as a path segment'
              : null;
  if (problem) throw new HeadwaterError('invalid-name', `The object key ${problem}. Choose another name.`);
}

/** Refuses ranges that are not whole, non-negative numbers of bytes. */
export function checkRange(range: ByteRange): void {
  const numbers = range.length === undefined ? [range.offset] : [range.offset, range.length];
  if (!numbers.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new HeadwaterError('bad-request', 'A byte range needs whole, non-negative numbers. Correct it.');
  }
}

/** How many bytes of an object of `size` bytes a range covers. */
export function rangeLength(size: number, range: ByteRange | undefined): number {
  if (!range) return size;
  return Math.max(0, Math.min(range.length ?? size, size - range.offset));
}

/** The page size of a listing; refuses what no store accepts and metadata where the store has none. */
export function checkList(options: ListOptions, listsMetadata: boolean): number {
  const limit = options.limit ?? maxListLimit;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxListLimit) {
    throw new HeadwaterError('bad-request', `A page holds 1 to ${maxListLimit} objects. Ask for as many.`);
  }
  if (options.metadata && !listsMetadata) {
    throw new HeadwaterError(
      'internal',
      'This store cannot list metadata. List through the R2 binding, or call head() on each object.',
    );
  }
  return limit;
}

/**
 * Orders keys as R2 and S3 do, by UTF-8 bytes. JavaScript's own order compares UTF-16 units, where a
 * surrogate pair (U+10000 and up) stands before U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const isPairX = x >= 0xd800 && x <= 0xdfff;
    const isPairY = y >= 0xd800 && y <= 0xdfff;
    if (isPairX !== isPairY) return isPairX ? (y >= 0xe000 ? 1 : x - y) : x >= 0xe000 ? -1 : x - y;
    return x - y;
  }
  return a.length - b.length;
}

/** Splits what is to be deleted into batches that every store takes. */
export function deletionBatches(keys: string | string[]): string[][] {
  const all = typeof keys === 'string' ? [keys] : keys;
  for (const key of all) checkKey(key);
  const batches: string[][] = [];
  for (let i = 0; i < all.length; i += maxListLimit) batches.push(all.slice(i, i + maxListLimit));
  return batches;
}
