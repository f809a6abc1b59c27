// Names: of datasets, heads, labels, backbones, groups. One rule for all, applied at the boundary: NFC, 1 to
// 64 characters, letters, marks and digits of any script, `-`, `_`, space and `.`; never `.` or `..`.

import { z } from 'zod';

export const maxNameCharacters = 64;
const allowed = /^[\p{L}\p{M}\p{N}\-_ .]+$/u;

/** True if `text` (already NFC) is a legal name. Characters are code points, as people count them. */
export function isName(text: string): boolean {
  return (
    allowed.test(text) &&
    [...text].length <= maxNameCharacters &&
    text !== '.' &&
    text !== '..' &&
    text.trim() === text
  );
}

/** A name of a dataset, head or label; output is NFC-normalised. */
export const Name = z
  .string()
  .transform((text) => text.normalize('NFC'))
  .refine(isName, {
    message:
      'a name has 1 to 64 letters, digits, "-", "_", spaces or ".", does not begin or end with a space, and is not "." or ".."',
  });

/** How often each label occurs. Not `z.record`, which drops the legal label `__proto__`. */
export const LabelCounts = z
  .custom<Record<string, number>>(
    (value) =>
      value !== null &&
      typeof value === 'object' &&
      Object.entries(value).every(([label, n]) => isName(label) && Number.isSafeInteger(n) && n >= 0),
    'not a count of labels',
  )
  .meta({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 } });

/** Lowercase hexadecimal SHA-256. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a digest is 64 lowercase hexadecimal digits');

/** A ULID: 26 characters of Crockford's base 32, sortable by time. */
export const Ulid = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'not a ULID');

/** Version numbers count from 1. */
export const VersionNumber = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
