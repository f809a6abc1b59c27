// Reading request bodies within bounds: of bytes, and of time. The declared length is believed only when it is
// already too large.

import { HeadwaterError } from '../../lib/errors/index.ts';
import { createGathered } from './gather.ts';

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
 * @param reserve is awaited before `bytes` of it are kept
 * @throws HeadwaterError `body-too-large`, or `bad-request` for one that stalls or trickles
 */
export async function readBody(
  request: Request,
  maxBytes: number,
  times: BodyTimes = readTimes,
  reserve: (bytes: number) => Promise<void> = async () => {},
): Promise<Uint8Array> {
  const gathered = createGathered(Math.min(declaredBytes(request), maxBytes));
  for await (const chunk of bodyChunks(request, maxBytes, times)) {
    await reserve(gathered.bytes().length + chunk.length);
    gathered.add(chunk);
  }
  return gathered.bytes();
}

/**
 * A body piece by piece, for those that are not held whole; a piece is good until the next one is asked for. Whoever
 * stops early leaves the rest unread.
 *
 * @throws HeadwaterError as {@link readBody}
 */
export async function* bodyChunks(
  request: Request,
  maxBytes: number,
  times: BodyTimes = readTimes,
): AsyncGenerator<Uint8Array, void> {
  if (declaredBytes(request) > maxBytes) throw tooLarge(maxBytes);
  if (request.body) yield* chunksOf(request.body, maxBytes, times);
}

/** 0 where nothing is declared, or what is no length. */
const declaredBytes = (request: Request) => Math.max(0, Number(request.headers.get('content-length')) || 0);

/**
 * Reads and forgets what a request has not read of its body. A connection that is closed on a client that still
 * sends is reset, and the client never sees its answer; one that is left open hangs.
 */
export async function discardBody(request: Request, times: BodyTimes = discardTimes): Promise<void> {
  const { body } = request;
  if (!body || body.locked) return;
  try {
    for await (const _ of chunksOf(body, maxDiscardBytes, times));
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
    if (error.type === 'body-too-large') await body.cancel();
  }
}

/** What is too slow is cancelled; what is too large, or not wanted any more, is left unlocked. The time between
 *  two reads is the reader's, and does not count. */
async function* chunksOf(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  { idleMs, totalMs }: BodyTimes,
): AsyncGenerator<Uint8Array, void> {
  const reader = readerOf(body);
  let bytes = 0;
  let leftMs = totalMs;
  try {
    while (true) {
      const began = Date.now();
      const next = await within(Math.min(idleMs, leftMs), reader.read().catch(brokenOff));
      leftMs -= Date.now() - began;
      if (!next) {
        await reader.cancel();
        throw tooSlow({ idleMs, totalMs });
      }
      if (next.done) return;
      bytes += next.value.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield next.value;
    }
  } finally {
    reader.releaseLock();
  }
}

/** What a read may bring at once. A default reader of workerd brings 4 KiB: a thousand turns for a phone's photo. */
const readBytes = 64 * 1024;

/** Reads into one buffer of our own, again and again, where the stream is one of bytes, as a request's is. */
function readerOf(body: ReadableStream<Uint8Array>) {
  const bytes = byteReaderOf(body);
  if (!bytes) return body.getReader();
  let buffer = new ArrayBuffer(readBytes);
  return {
    async read() {
      const next = await bytes.read(new Uint8Array(buffer));
      // The buffer comes back by another name.
      if (next.value) buffer = next.value.buffer;
      return next;
    },
    cancel: () => bytes.cancel(),
    releaseLock: () => bytes.releaseLock(),
  };
}

function byteReaderOf(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: 'byob' });
  } catch {
    return undefined;
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

/** Whoever sent it is gone, or said that more would come. */
const brokenOff = (cause: unknown): never => {
  throw new HeadwaterError('bad-request', 'The body broke off before its end. Send it again.', {}, { cause });
};

const tooSlow = ({ idleMs, totalMs }: BodyTimes) =>
  new HeadwaterError(
    'bad-request',
    `The body did not arrive in time: at most ${idleMs / 1000} s without a byte and ${totalMs / 1000} s in all. Send it again.`,
  );
