// What every driver makes of a failing store. The sentence for the caller names no key and no host; the
// cause, for the log, does.

import { HeadwaterError } from '../errors/index.ts';

export type Operation = 'get' | 'head' | 'put' | 'delete' | 'list';

/** `storage-unavailable`, with what the store said as its cause. */
export function unavailable(operation: Operation, key: string, cause: unknown): HeadwaterError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new HeadwaterError(
    'storage-unavailable',
    `Object storage failed during ${operation}. Try again in a few seconds.`,
    { operation },
    { cause: new Error(`${operation} ${key}: ${said}`, { cause }) },
  );
}

/** Passes a body on if it is as long as the store stated, and refuses a torn one. */
export function wholeBody(
  key: string,
  body: Uint8Array<ArrayBuffer>,
  statedBytes: number,
): Uint8Array<ArrayBuffer> {
  if (body.length === statedBytes) return body;
  throw unavailable('get', key, new Error(`the body has ${body.length} bytes, ${statedBytes} were stated`));
}
