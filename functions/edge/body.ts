// Reading request bodies within bounds: of bytes, and of time. The declared length is believed only when it is
// already too large.

import { HeadwaterError } from '../../lib/errors/index.ts';

export const maxJsonBytes = 64 * 1024;

export interface BodyTimes {
  /** A body that sends nothing for this long is given up. */
  idleMs: number;
  /** A body that trickles is given up after this long: 16 MiB at half a megabit a second. */
  totalMs: number;
}
const readTimes: BodyTimes = { idleMs: 20_000, totalMs: 300_000 };

/** What is left of a body whose request is answered already gets less patience, and no memory. */
const discardTimes: BodyTimes = { idleMs: 1000, totalMs: 10_000 };
const maxDiscardBytes = 128 * 1024 * 1024;

/**
 * The whole body.
 *
 * @throws HeadwaterError `body-too-large`, or `bad-request` for one that stalls or trickles
 */
export async function readBody(
  request: Request,
  maxBytes: number,
  times: BodyTimes = readTimes,
): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  const { total, end } = await consume(request.body, maxBytes, times, (chunk) => chunks.push(chunk));
  if (end === 'too large') throw tooLarge(maxBytes);
  if (end === 'too slow')
    throw new HeadwaterError(
      'bad-request',
      `The body did not arrive in time: at most ${times.idleMs / 1000} s without a byte and ${times.totalMs / 1000} s in all. Send it again.`,
    );
  if (chunks.length === 1) return chunks[0]!;
  const body = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

/**
 * Reads and forgets what a request has not read of its body. A connection that is closed on a client that still
 * sends is reset, and the client never sees its answer; one that is left open hangs.
 */
export async function discardBody(request: Request, times: BodyTimes = discardTimes): Promise<void> {
  const { body } = request;
  if (!body || body.locked) return;
  const { end } = await consume(body, maxDiscardBytes, times, () => {});
  if (end === 'too large') await body.cancel();
}

/** Feeds `take` until the body ends or a bound is met. What is too slow is cancelled, the rest left unlocked. */
async function consume(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  { idleMs, totalMs }: BodyTimes,
  take: (chunk: Uint8Array) => void,
): Promise<{ total: number; end: 'complete' | 'too large' | 'too slow' }> {
  let total = 0;
  if (!body) return { total, end: 'complete' };
  const until = Date.now() + totalMs;
  const reader = body.getReader();
  while (true) {
    const next = await within(Math.min(idleMs, until - Date.now()), reader.read());
    if (!next) {
      await reader.cancel();
      return { total, end: 'too slow' };
    }
    if (next.done) return { total, end: 'complete' };
    total += next.value.length;
    if (total > maxBytes) {
      reader.releaseLock();
      return { total, end: 'too large' };
    }
    take(next.value);
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, ms));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const tooLarge = (maxBytes: number) =>
  new HeadwaterError('body-too-large', `The body is larger than ${maxBytes} bytes, the limit here.`, {
    maxBytes,
  });
