// Cursors of lists: opaque to a caller, and nothing but a position in one list once it has been checked. A store's
// own cursor never leaves the server, since one that was tampered with could lead into somebody else's prefix.

import { z } from 'zod';
import { fromBase64Url, fromJson, toBase64Url, toJson } from '../tensors/index.ts';

/** A name of 64 characters takes up to 256 bytes, and a position is two of them at most, with their quotes. */
const maxCursorCharacters = 1024;

export interface CursorOf<T> {
  /** What a request carries → the position. */
  schema: z.ZodType<T, string>;
  encode(position: T): string;
}

/**
 * The cursors of one list. A cursor of another list, or of none, is refused.
 *
 * @example const heads = cursorOf('heads', Name); heads.encode('ants')
 */
export function cursorOf<T>(list: string, position: z.ZodType<T>): CursorOf<T> {
  const schema = z
    .string()
    .max(maxCursorCharacters)
    .transform((text, context): T => {
      const read = position.safeParse(positionIn(text, list));
      // A position is told in the form in which it is kept: nothing is normalised here.
      if (read.success && encode(read.data) === text) return read.data;
      context.addIssue('not a cursor of this list: send the one of the page before, or none');
      return z.NEVER;
    });
  const encode = (at: T) => toBase64Url(toJson([list, at]));
  return { schema: schema as unknown as z.ZodType<T, string>, encode };
}

function positionIn(text: string, list: string): unknown {
  try {
    const [named, position] = fromJson(fromBase64Url(text)) as [unknown, unknown];
    return named === list ? position : undefined;
  } catch {
    return undefined;
  }
}
