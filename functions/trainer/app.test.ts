import { beforeEach, describe, expect, it, vi } from 'vitest';
import { blobKey, segmentKey, type TrainerLine, type TrainRequest } from '../../lib/contract/index.ts';
import { checkGoldens, readHead } from '../../lib/heads/index.ts';
import { sha256, toJson } from '../../lib/tensors/index.ts';
import { generateSigningKeys, importSigner, signRequest } from '../../lib/trust/index.ts';
import {
  createTrainer,
  dataset,
  devices,
  linesOf,
  putSnapshot,
  signed,
  signer,
} from './testing/trainer-node.ts';

let trainer: Awaited<ReturnType<typeof createTrainer>>;
let request: TrainRequest;
beforeEach(async () => {
  trainer = await createTrainer();
  request = await putSnapshot(trainer.store);
});

const send = async (path: string, body: unknown) => trainer.app.fetch(await signed(path, body));
const last = (lines: TrainerLine[]) => lines.at(-1)!;
const trainedBy = (lines: TrainerLine[]) => {
  const line = last(lines);
  if (line.type !== 'trained') throw new Error(JSON.stringify(line));
  return line;
};

async function expectProblem(response: Response, status: number, type: string) {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({
    type: `/problems/${type}`,
    status,
    detail: expect.any(String),
  });
}

describe('a request to the trainer', () => {
  it('is refused unsigned, forged, for another path or body, too old, or played back', async () => {
    const body = toJson(request);
    const stranger = await importSigner((await generateSigningKeys()).requests);
    const url = 'http://trainer.test/v1/jobs';
    const at = Date.now();
    const forged = await signRequest({ method: 'POST', path: '/v1/jobs', body }, stranger, at);
    const good = await signed('/v1/jobs', request);
    const headers = Object.fromEntries(good.headers);
    const bad: Record<string, Request> = {
      unsigned: new Request(url, { method: 'POST', body }),
      'by a stranger': new Request(url, { method: 'POST', headers: forged, body }),
      'for another path': new Request('http://trainer.test/v1/fills', { method: 'POST', headers, body }),
      'for another body': new Request(url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ ...request, seed: 9 }),
      }),
      'too old': await signed('/v1/jobs', request, at - 10 * 60_000),
      'from the future': await signed('/v1/jobs', request, at + 10 * 60_000),
      'with a broken signature': new Request(url, {
        method: 'POST',
        headers: { ...headers, signature: 'headwater=:AAAA:' },
        body,
      }),
    };
    for (const each of Object.values(bad))
      await expectProblem(await trainer.app.fetch(each), 401, 'unauthorized');
    expect(trainer.begun).toEqual({ train: 0, fill: 0 });
    const replay = good.clone();
    expect((await trainer.app.fetch(good)).status).toBe(200);
    await expectProblem(await trainer.app.fetch(replay), 401, 'unauthorized');
  });

  it('is refused when it is signed and no request that is known here', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    for (const body of [{ ...request, kind: 'forest' }, {}, [], null])
      await expectProblem(await send('/v1/jobs', body), 400, 'bad-request');
    const text = new TextEncoder().encode('no json');
    const headers = await signRequest({ method: 'POST', path: '/v1/jobs', body: text }, signer, Date.now());
    const garbled = new Request('http://trainer.test/v1/jobs', { method: 'POST', headers, body: text });
    await expectProblem(await trainer.app.fetch(garbled), 400, 'bad-request');
    expect(console.error).not.toHaveBeenCalled();
  });

  it('is refused when its body has no end, whatever length it declares', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20));
      },
    });
    const { headers } = await signed('/v1/jobs', request);
    const endless = (headers: HeadersInit) =>
      new Request('http://trainer.test/v1/jobs', {
        method: 'POST',
        headers,
        body,
        duplex: 'half',
      } as RequestInit);
    // A stranger's body is not read at all.
    const before = sent;
    await expectProblem(await trainer.app.fetch(endless({})), 401, 'unauthorized');
    expect(sent).toBe(before);
    await expectProblem(await trainer.app.fetch(endless(headers)), 413, 'body-too-large');
    expect(sent).toBeLessThan(64 << 20);
  });

  it('is told of a route that is not there, and needs no signature to see that the trainer lives and on what', async () => {
    await expectProblem(await trainer.app.request('/nothing'), 404, 'not-found');
    expect(await (await trainer.app.request('/healthz')).json()).toEqual({ status: 'ok' });
    expect(await (await trainer.app.request('/device')).json()).toEqual(devices);
  });
});

describe('a training job', () => {
  it('becomes a blob whose digest, labels, report and proofs it reports', async () => {
    const response = await send('/v1/jobs', request);
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const { result, stages } = trainedBy(await linesOf(response));
    expect(result).toMatchObject({
      labels: ['even', 'odd'],
      dims: 4,
      temperature: 1,
      calibration: 'none' as const,
      confidence: 'uncalibrated' as const,
      openSet: { method: 'mahalanobis', threshold: expect.any(Number) },
      report: { examples: 60 },
    });
    expect(result.report.heldOut!.accuracy).toBe(1);
    expect(Object.keys(stages)).toEqual(['read', 'train', 'upload']);
    const blob = await trainer.store.get(blobKey('birds', result.blob.digest));
    expect(await sha256(blob!.body)).toBe(result.blob.digest);
    expect(blob!.size).toBe(result.blob.bytes);
    expect(result.goldens).toHaveLength(3);
    const head = readHead(blob!.body);
    checkGoldens(head, result.goldens);
    expect(result.openSet?.threshold).toBe(head.openSet?.threshold);
  });

  it('gives the same blob for the same snapshot and seed, in another trainer too', async () => {
    const one = trainedBy(await linesOf(await send('/v1/jobs', request)));
    const other = await createTrainer(trainer.store);
    const again = await other.app.fetch(await signed('/v1/jobs', { ...request, job: 'job-2' }));
    expect(trainedBy(await linesOf(again)).result).toEqual(one.result);
  });

  it('is not done twice when the connection drops: whoever asks again is given the result', async () => {
    const dropped = await send('/v1/jobs', request);
    await dropped.body!.cancel();
    const first = trainedBy(await linesOf(await send('/v1/jobs', request)));
    const second = trainedBy(await linesOf(await send('/v1/jobs', request)));
    expect(second).toEqual(first);
    expect(trainer.begun.train).toBe(1);
  });

  it('is begun anew by a higher epoch, which then turns a lower one away', async () => {
    await linesOf(await send('/v1/jobs', request));
    trainedBy(await linesOf(await send('/v1/jobs', { ...request, epoch: 2 })));
    expect(trainer.begun.train).toBe(2);
    await expectProblem(await send('/v1/jobs', request), 409, 'conflict');
  });

  it('is given up when that is asked, and writes no blob', async () => {
    const get = trainer.store.get.bind(trainer.store);
    let release = () => {};
    trainer.store.get = async (key, options) => {
      if (key.startsWith('codes/')) await new Promise<void>((resolve) => (release = resolve));
      return get(key, options);
    };
    const response = await send('/v1/jobs', request);
    const lines = linesOf(response);
    expect((await send('/v1/stop', { job: request.job, epoch: 1 })).status).toBe(204);
    release();
    expect(last(await lines)).toMatchObject({ type: 'failed', error: { type: 'cancelled' } });
    expect((await trainer.store.list({ prefix: 'heads/' })).objects).toEqual([]);
  });

  it('fails, saying why, on a snapshot or a segment that is missing or was tampered with', async () => {
    const key = segmentKey(dataset, request.codeSpace, '01ARZ3NDEKTSV4RRFFQ69G5FAV');
    const missing = { ...request, job: 'a', snapshot: 'f'.repeat(64) };
    expect(last(await linesOf(await send('/v1/jobs', missing)))).toMatchObject({
      type: 'failed',
      error: { type: 'not-found' },
    });
    const { body } = (await trainer.store.get(key))!;
    body[body.length - 1]! ^= 1;
    await trainer.store.put(key, body);
    expect(last(await linesOf(await send('/v1/jobs', { ...request, job: 'b' })))).toMatchObject({
      type: 'failed',
      error: { type: 'digest-mismatch' },
    });
    await trainer.store.delete(key);
    expect(last(await linesOf(await send('/v1/jobs', { ...request, job: 'c' })))).toMatchObject({
      type: 'failed',
      error: { type: 'not-found' },
    });
  });

  it('is heard to live while nothing else happens', async () => {
    const get = trainer.store.get.bind(trainer.store);
    let release = () => {};
    trainer.store.get = async (key, options) => {
      await new Promise<void>((resolve) => (release = resolve));
      return get(key, options);
    };
    const response = await send('/v1/jobs', request);
    let beats = 0;
    await linesOf(response, (line) => line.type === 'heartbeat' && ++beats === 4);
    expect(beats).toBe(4);
    release();
  });
});
