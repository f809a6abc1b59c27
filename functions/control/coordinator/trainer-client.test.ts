import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TrainerLine, TrainRequest } from '../../../lib/contract/index.ts';
import { fromJson } from '../../../lib/tensors/index.ts';
import {
  createNonceMemory,
  generateSigningKeys,
  importSigner,
  importVerifier,
  verifyRequest,
} from '../../../lib/trust/index.ts';
import { createTrainerClient } from './trainer-client.ts';

const signingKeys = await generateSigningKeys();
const client = createTrainerClient('http://trainer.test:8080', await importSigner(signingKeys.requests));
const request = { job: 'j', epoch: 1 } as TrainRequest;
const encoder = new TextEncoder();

afterEach(() => vi.unstubAllGlobals());

/** A trainer that answers like this, with what it was asked. */
function answering(answer: () => Response) {
  const asked: Request[] = [];
  vi.stubGlobal('fetch', async (url: URL, init: RequestInit) => {
    asked.push(new Request(url, init));
    return answer();
  });
  return asked;
}

/** A body of these pieces; `end` says what becomes of it then. */
function streamOf(pieces: (string | Uint8Array)[], end: 'close' | 'break' | 'stay' = 'close') {
  const state = { cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = pieces.shift();
      if (piece !== undefined) controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      else if (end === 'close') controller.close();
      else if (end === 'break') controller.error(new TypeError('connection reset'));
    },
    cancel() {
      state.cancelled = true;
    },
  });
  return { body, state };
}

async function linesOf(): Promise<TrainerLine[]> {
  const lines = [];
  for await (const line of client.lines('/v1/jobs', request, new AbortController().signal)) lines.push(line);
  return lines;
}

describe('the trainer client', () => {
  it('sends a request that the trainer can verify', async () => {
    const asked = answering(() => new Response('{"type":"filled"}\n'));
    await linesOf();
    const [sent] = asked as [Request];
    expect(sent.url).toBe('http://trainer.test:8080/v1/jobs');
    const body = new Uint8Array(await sent.arrayBuffer());
    expect(fromJson(body)).toEqual(request);
    await verifyRequest(
      { method: 'POST', path: '/v1/jobs', body: async () => body },
      (name) => sent.headers.get(name) ?? undefined,
      await importVerifier([signingKeys.requests]),
      createNonceMemory(),
      Date.now,
    );
  });

  it('reads lines however they are cut, and between characters too', async () => {
    const failed = { type: 'failed', error: { type: 'internal', detail: 'Äpfel' } };
    const all = encoder.encode(`{"type":"heartbeat"}\n\n{"type":"filled"}\n${JSON.stringify(failed)}\n`);
    for (let at = 0; at <= all.length; at++) {
      answering(() => new Response(streamOf([all.slice(0, at), all.slice(at)]).body));
      expect(await linesOf()).toEqual([{ type: 'heartbeat' }, { type: 'filled' }, failed]);
    }
  });

  it('gives no line that was cut off by the end', async () => {
    answering(() => new Response(streamOf(['{"type":"heartbeat"}\n{"type":"fil']).body));
    expect(await linesOf()).toEqual([{ type: 'heartbeat' }]);
  });

  it('throws what is no refusal when the connection breaks or the trainer is in trouble', async () => {
    for (const answer of [
      () => new Response(streamOf(['{"type":"heartbeat"}\n'], 'break').body),
      () => new Response('{}', { status: 503 }),
      () => new Response('<html>bad gateway', { status: 502 }),
    ]) {
      answering(answer);
      await expect(linesOf()).rejects.not.toHaveProperty('type');
    }
  });

  it('passes a refusal on in its own words', async () => {
    answering(() => Response.json({ detail: 'The signature is too old.' }, { status: 401 }));
    await expect(linesOf()).rejects.toMatchObject({
      type: 'trainer-failed',
      message: 'The signature is too old.',
    });
    answering(() => new Response('not here', { status: 404 }));
    await expect(linesOf()).rejects.toMatchObject({ type: 'trainer-failed' });
  });

  it('refuses lines of another release, and ones without end, for good', async () => {
    const endless = Array.from({ length: 20 }, () => 'x'.repeat(1 << 20));
    for (const pieces of [
      ['{"type":"song"}\n'],
      ['no json\n'],
      ['{"type":"progress","progress":2,"stage":""}\n'],
      endless,
    ]) {
      const { body, state } = streamOf(pieces, 'stay');
      answering(() => new Response(body));
      await expect(linesOf()).rejects.toMatchObject({ type: 'trainer-failed' });
      expect(state.cancelled).toBe(true);
    }
  });

  it('lets go of the connection when the reader has heard enough', async () => {
    const { body, state } = streamOf(['{"type":"filled"}\n'], 'stay');
    answering(() => new Response(body));
    for await (const _ of client.lines('/v1/jobs', request, new AbortController().signal)) break;
    expect(state.cancelled).toBe(true);
  });
});
