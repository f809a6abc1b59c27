// Reading request bodies within bounds. The declared length is believed only when it is already too large.

import { HeadwaterError } from '../../lib/errors/index.ts';

export const maxJsonBytes = 64 * 1024;
/** A body that sends nothing for this long is given up. */
const idleMs = 20_000;

/**
 * The whole body.
 *
 * @throws HeadwaterError `body-too-large`, or `bad-request` for one that stalls
 */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length')) > maxBytes) {
    // Without this a local answer hangs until the client has sent everything.
    await request.body?.cancel();
    throw tooLarge(maxBytes);
  }
  const chunks: Uint8Array[] = [];
  let total = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { value, done } = await withTimeout(reader.read());
    if (done) break;
    total += value.length;
    if (total > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  if (chunks.length === 1) return chunks[0]!;
  const body = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

async function withTimeout<T>(read: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new HeadwaterError('bad-request', `The body stalled for ${idleMs / 1000} s.`)),
      idleMs,
    );
  });
  try {
    return await Promise.race([read, late]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLarge = (maxBytes: number) =>
  new HeadwaterError('body-too-large', `The body is larger than ${maxBytes} bytes, the limit here.`, {
    maxBytes,
  });
