// JSON as bytes, which is how every document is stored and every request between the parts is sent.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A value's JSON in UTF-8. */
export function toJson(value: unknown): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(value));
}

/** The value that bytes spell. Whoever asks checks it against a schema. Throws on what is not UTF-8, or not JSON. */
export function fromJson(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}
