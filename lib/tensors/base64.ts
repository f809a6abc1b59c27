// Base64 and base64url of bytes, in plain JavaScript so that Node, workerd and browsers agree.

const chunkBytes = 0x8000;

/** Bytes as standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += chunkBytes)
    binary += String.fromCharCode(...bytes.subarray(i, i + chunkBytes));
  return btoa(binary);
}

/**
 * The inverse of {@link toBase64}, and of nothing else: `atob` forgives white space, missing padding and stray
 * bits in the last digit, so that one run of bytes would have many spellings, signatures included.
 *
 * @throws RangeError if the text is not what {@link toBase64} writes.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 4 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new RangeError('not base64');
  const binary = atob(text);
  if (btoa(binary.slice(binary.length - (binary.length % 3 || 3))) !== text.slice(-4))
    throw new RangeError('not canonical base64');
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Bytes as base64url without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The inverse of {@link toBase64Url}. Throws a RangeError on any other text. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new RangeError('not base64url');
  const padded = text.padEnd(Math.ceil(text.length / 4) * 4, '=');
  return fromBase64(padded.replaceAll('-', '+').replaceAll('_', '/'));
}
