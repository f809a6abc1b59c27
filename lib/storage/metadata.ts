// Custom metadata as it travels. S3 sends it as HTTP headers, which are ASCII, case-blind and trimmed; the
// R2 binding takes anything. So that one object reads the same through both, every driver stores values
// percent-encoded and names in lowercase, and decodes on the way back.

import { HeadwaterError } from '../errors/index.ts';

/** Names and encoded values together, in bytes: S3's limit, which is lower than R2's 8 KiB. */
export const maxMetadataBytes = 2048;

const namePattern = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const namesOfObjects = new Set(['__proto__', 'constructor', 'prototype']);

/** Metadata with every value in visible ASCII: `%` and all but `!` to `~` become percent-encoded UTF-8. */
export function encodeMetadata(metadata: Record<string, string> = {}): Record<string, string> {
  const encoded: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    if (!namePattern.test(name) || namesOfObjects.has(name)) {
      throw new HeadwaterError(
        'invalid-name',
        'A metadata name holds lowercase letters, digits and single hyphens. Rename it.',
      );
    }
    const wellFormed = value.replace(/\p{Surrogate}/gu, '\ufffd');
    const plain = wellFormed.replace(/[^!-$&-~]+/g, encodeURIComponent);
    encoded[name] = plain;
    bytes += name.length + plain.length;
  }
  if (bytes > maxMetadataBytes) {
    throw new HeadwaterError(
      'bad-request',
      `An object's metadata may take ${maxMetadataBytes} bytes, and this takes ${bytes}. Shorten it.`,
      { maxBytes: maxMetadataBytes, bytes },
    );
  }
  return encoded;
}

/** The inverse of {@link encodeMetadata}. A value that others wrote and that does not decode stays as it is. */
export function decodeMetadata(metadata: Record<string, string> | undefined): Record<string, string> {
  const decoded: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (!namesOfObjects.has(name)) decoded[name.toLowerCase()] = decodeValue(value);
  }
  return decoded;
}

function decodeValue(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
