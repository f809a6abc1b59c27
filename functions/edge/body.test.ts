import { describe, expect, it } from 'vitest';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { bodyChunks, discardBody, readBody } from './body.ts';

const soon = { idleMs: 30, totalMs: 200 };

/** A request whose body comes in these chunks, and then ends, goes quiet, or trickles on. */
function requestOf(chunks: number[][], then: 'ends' | 'stalls' | 'trickles', declared?: number) {
  let cancelled = false;
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = chunks[pulled++];
      if (chunk) controller.enqueue(Uint8Array.from(chunk));
      else if (then === 'ends') controller.close();
      else if (then === 'stalls') await new Promise(() => {});
      else {
        await new Promise((resolve) => setTimeout(resolve, 10));
        controller.enqueue(Uint8Array.of(1));
      }
    },
    cancel() {
      cancelled = true;
    },
  });
  const request = new Request('http://headwater/', {
    method: 'POST',
    body,
    headers: declared === undefined ? {} : { 'content-length': String(declared) },
    duplex: 'half',
  } as RequestInit);
  return { request, cancelled: () => cancelled, pulled: () => pulled };
}

const typeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error) => (error instanceof HeadwaterError ? error.type : String(error)),
  );

describe('readBody', () => {
  it('puts chunks together in their order', async () => {
    const { request } = requestOf([[1, 2], [], [3]], 'ends');
    expect([...(await readBody(request, 3))]).toEqual([1, 2, 3]);
  });

  it('reads no body as an empty one', async () => {
    expect(await readBody(new Request('http://headwater/'), 3)).toHaveLength(0);
  });

  it('reads nothing of a body that is declared too large', async () => {
    const { request, pulled } = requestOf([], 'stalls', 4);
    expect(await typeOf(readBody(request, 3))).toBe('body-too-large');
    expect(pulled()).toBeLessThanOrEqual(1);
  });

  it('tells a client whose body breaks off that it did, if there is still someone to tell', async () => {
    const body = new ReadableStream({
      start: (controller) => controller.error(new Error('connection lost')),
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    expect(await typeOf(readBody(new Request('http://headwater/', init), 3))).toBe('bad-request');
  });

  it('stops at the byte that is too much, whatever was declared', async () => {
    const { request, pulled } = requestOf([[1, 2], [3, 4], [5], [6], [7], [8]], 'stalls', 1);
    expect(await typeOf(readBody(request, 3))).toBe('body-too-large');
    expect(pulled()).toBeLessThanOrEqual(4);
  });

  it.each(['stalls', 'trickles'] as const)('gives up a body that %s, and lets go of it', async (then) => {
    const { request, cancelled } = requestOf([[1]], then);
    expect(await typeOf(readBody(request, 1000, soon))).toBe('bad-request');
    expect(cancelled()).toBe(true);
  });
});

describe('bodyChunks', () => {
  it('counts only the time that the body takes, not what is done between its pieces', async () => {
    const { request } = requestOf([[1], [2], [3]], 'ends');
    const bytes: number[] = [];
    for await (const chunk of bodyChunks(request, 3, { idleMs: 30, totalMs: 50 })) {
      bytes.push(...chunk);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    expect(bytes).toEqual([1, 2, 3]);
  });

  it('leaves the rest to whoever comes next when it is stopped', async () => {
    const { request, cancelled } = requestOf([[1], [2], [3]], 'ends');
    for await (const _ of bodyChunks(request, 3, soon)) break;
    expect(cancelled()).toBe(false);
    expect([...(await readBody(request, 3, soon))]).toEqual([2, 3]);
  });
});

describe('discardBody', () => {
  it('reads to the end what nobody has read', async () => {
    const { request, pulled, cancelled } = requestOf([[1], [2]], 'ends');
    await discardBody(request, soon);
    expect(pulled()).toBe(3);
    expect(cancelled()).toBe(false);
  });

  it('reads on where a refusal has stopped', async () => {
    const { request, pulled } = requestOf([[1], [2], [3], [4]], 'ends');
    expect(await typeOf(readBody(request, 1))).toBe('body-too-large');
    await discardBody(request, soon);
    expect(pulled()).toBe(5);
  });

  it.each(['stalls', 'trickles'] as const)('does not wait for a body that %s', async (then) => {
    const { request, cancelled } = requestOf([], then);
    await discardBody(request, soon);
    expect(cancelled()).toBe(true);
  });

  it('has nothing to do after a body that was read, or without one', async () => {
    const { request } = requestOf([[1]], 'ends');
    await readBody(request, 1);
    await discardBody(request, soon);
    await discardBody(new Request('http://headwater/'), soon);
  });
});
