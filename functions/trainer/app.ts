// The trainer's HTTP face: signed requests. All but the one to stop stream NDJSON for as long as the work takes, because a
// host that scales to zero takes an answered request for an idle process.

import { type Context, Hono } from 'hono';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import {
  AdviseRequestSchema,
  FillRequestSchema,
  ShareRequestSchema,
  type TrainerLine,
  TrainRequestSchema,
} from '../../lib/contract/index.ts';
import { HeadwaterError, problems, toErrorData } from '../../lib/errors/index.ts';
import type { Devices } from '../../lib/learning/gradients/device-node.ts';
import { fromJson } from '../../lib/tensors/index.ts';
import { createNonceMemory, type Verifier, verifyRequest } from '../../lib/trust/index.ts';
import type { Work, WorkBoard } from './work-board.ts';

/** 10,000 digests with labels are about 2 MB. */
const maxRequestBytes = 32 * 1024 * 1024;
const defaultHeartbeatMs = 2000;

export interface TrainerParts {
  verifier: Verifier;
  board: WorkBoard;
  train(request: z.infer<typeof TrainRequestSchema>): Work;
  fill(request: z.infer<typeof FillRequestSchema>): Work;
  advise(request: z.infer<typeof AdviseRequestSchema>): Work;
  share(request: z.infer<typeof ShareRequestSchema>): Work;
  /** What this machine trains on; looked for since the start. */
  devices: Promise<Devices>;
  clock(): number;
  heartbeatMs?: number;
}

export function createApp({
  verifier,
  board,
  train,
  fill,
  advise,
  share,
  devices,
  clock,
  heartbeatMs = defaultHeartbeatMs,
}: TrainerParts): Hono {
  const app = new Hono();
  const nonces = createNonceMemory();

  async function signedJson<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
    const request = { method: c.req.method, path: c.req.path, body: () => readBody(c.req.raw) };
    const body = await verifyRequest(request, (name) => c.req.header(name), verifier, nonces, clock);
    try {
      return schema.parse(fromJson(body));
    } catch {
      throw new HeadwaterError(
        'bad-request',
        'The trainer does not know this kind of request. Deploy trainer and Workers from one release.',
      );
    }
  }

  app.get('/healthz', (c) => c.json({ status: 'ok' }));

  app.get('/device', async (c) => c.json(await devices));

  app.post('/v1/jobs', async (c) => {
    const request = await signedJson(c, TrainRequestSchema);
    return streamLines(c, board.watch(`train ${request.job}`, request.epoch, train(request)), heartbeatMs);
  });

  app.post('/v1/fills', async (c) => {
    const request = await signedJson(c, FillRequestSchema);
    const lines = board.watch(`fill ${request.job}`, request.epoch, fill(request), request.pass);
    return streamLines(c, lines, heartbeatMs);
  });

  app.post('/v1/advice', async (c) => {
    const request = await signedJson(c, AdviseRequestSchema);
    const lines = board.watch(`advise ${request.job}`, request.epoch, advise(request));
    return streamLines(c, lines, heartbeatMs);
  });

  app.post('/v1/shares', async (c) => {
    const request = await signedJson(c, ShareRequestSchema);
    return streamLines(c, board.watch(`share ${request.job}`, request.epoch, share(request)), heartbeatMs);
  });

  app.post('/v1/stop', async (c) => {
    const { job, epoch } = await signedJson(c, z.object({ job: z.string(), epoch: z.number().int() }));
    for (const kind of ['train', 'fill', 'advise', 'share']) board.stop(`${kind} ${job}`, epoch);
    return c.body(null, 204);
  });

  app.notFound(() => {
    throw new HeadwaterError('not-found', 'The trainer has no such route.');
  });

  app.onError((error, c) => {
    if (!(error instanceof HeadwaterError)) console.error(error);
    const { type, detail } = toErrorData(error);
    const status = problems[type];
    return c.body(JSON.stringify({ type: `/problems/${type}`, title: type, status, detail }), status, {
      'content-type': 'application/problem+json',
    });
  });
  return app;
}

/** The whole body, or an error as soon as it is larger than any request of ours, whatever length it declares. */
async function readBody(request: Request): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request.body ?? []) {
    bytes += part.length;
    if (bytes > maxRequestBytes)
      throw new HeadwaterError('body-too-large', 'The request is too large for the trainer.');
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function streamLines(c: Context, lines: AsyncGenerator<TrainerLine>, heartbeatMs: number): Response {
  c.header('content-type', 'application/x-ndjson');
  return stream(c, async (out) => {
    const write = (line: TrainerLine) => out.write(`${JSON.stringify(line)}\n`);
    const heartbeat = setInterval(() => void write({ type: 'heartbeat' }), heartbeatMs);
    out.onAbort(() => clearInterval(heartbeat));
    try {
      await write({ type: 'heartbeat' });
      for await (const line of lines) {
        if (out.aborted) return;
        await write(line);
      }
    } finally {
      clearInterval(heartbeat);
    }
  });
}
