// Forms for tests, written out byte by byte, and cut into the pieces that a network might deliver. Nothing but tests
// imports this.

export interface TestPart {
  headers: string[];
  body: Uint8Array;
}

export const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

export const file = (name: string, body: Uint8Array, type = 'image/png'): TestPart => ({
  headers: [`Content-Disposition: form-data; name="image"; filename="${name}"`, `Content-Type: ${type}`],
  body,
});

export const field = (name: string, body: Uint8Array): TestPart => ({
  headers: [`Content-Disposition: form-data; name="${name}"`],
  body,
});

/** The body of a form, as RFC 2046 has it. */
export function formOf(parts: TestPart[], boundary = 'b0undary'): Uint8Array {
  const pieces = parts.flatMap(({ headers, body }) => [
    latin1(`--${boundary}\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n`),
    body,
    latin1('\r\n'),
  ]);
  return Uint8Array.from(Buffer.concat([...pieces, latin1(`--${boundary}--\r\n`)]));
}

/** Bytes in pieces of these lengths, over and over. */
export async function* pieces(bytes: Uint8Array, lengths = [bytes.length]): AsyncGenerator<Uint8Array, void> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = Math.max(1, lengths[i % lengths.length]!);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
