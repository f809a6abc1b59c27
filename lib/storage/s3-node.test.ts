import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LocalR2, startLocalR2 } from '../../test/support/local-r2.ts';
import { describeObjectStore } from './conformance.ts';
import { r2Store } from './r2.ts';
import { type S3Options, type S3Store, s3Store } from './s3-node.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const unavailable = { name: 'HeadwaterError', type: 'storage-unavailable' };
const open: { stores: S3Store[]; servers: Server[] } = { stores: [], servers: [] };

afterEach(() => {
  for (const store of open.stores.splice(0)) store.close();
  for (const server of open.servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function storeOf(options: S3Options): S3Store {
  const store = s3Store(options);
  open.stores.push(store);
  return store;
}

/** An S3 that answers as the listener says. */
async function storeAgainst(listener: RequestListener, options: Partial<S3Options> = {}): Promise<S3Store> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  open.servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return storeOf({ endpoint, bucket: 'some-bucket', accessKeyId: 'a', secretAccessKey: 'b', ...options });
}

let local: LocalR2;
beforeAll(async () => {
  local = await startLocalR2();
});
afterAll(() => local?.stop());

/** Promises the whole length, sends `cut` bytes, and hangs up: every get over it is torn. */
const hangUp =
  (cut: number): RequestListener =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': '10', etag: '"e"' });
    response.write('0123456789'.slice(0, cut), () => response.destroy());
  };

describeObjectStore('s3', () => ({
  store: storeOf(local.s3),
  torn: (cut) => storeAgainst(hangUp(cut)),
}));

describe('s3 and the R2 binding over one bucket', () => {
  const metadata = { group: 'größe № 3 🐜', subject: ' 100% ' };
  const key = 'inbox/ants/größe 🐜/a+b 100%.jpg';

  it('shows the binding what S3 wrote', async () => {
    const s3 = storeOf(local.s3);
    const put = await s3.put(key, bytes('from s3'), { contentType: 'image/jpeg', metadata });
    const got = await r2Store(local.bucket).get(key);
    expect(got).toMatchObject({ key, etag: put!.etag, contentType: 'image/jpeg', metadata });
    expect(new TextDecoder().decode(got?.body)).toBe('from s3');
    const [listed] = (await r2Store(local.bucket).list({ prefix: 'inbox/ants/', metadata: true })).objects;
    expect(listed).toMatchObject({ key, metadata, contentType: 'image/jpeg' });
  });

  it('shows S3 what the binding wrote, and both compare one etag', async () => {
    const s3 = storeOf(local.s3);
    const r2 = r2Store(local.bucket);
    const { etag } = (await r2.put(key, bytes('from r2'), { contentType: 'image/png', metadata }))!;
    expect(await s3.head(key)).toMatchObject({ key, etag, contentType: 'image/png', metadata });
    expect(await s3.put(key, bytes('s3 again'), { onlyIf: { etag } })).not.toBeNull();
    expect(await r2.put(key, bytes('r2 again'), { onlyIf: { etag } })).toBeNull();
    expect(await r2.put(key, bytes('r2 again'), { onlyIf: { absent: true } })).toBeNull();
  });
});

describe('s3 when the server misbehaves', () => {
  it('says that storage is unavailable when nobody listens', async () => {
    const store = storeOf({ ...local.s3, endpoint: 'http://127.0.0.1:1' });
    await expect(store.get('a')).rejects.toMatchObject(unavailable);
    await expect(store.put('a', bytes('x'))).rejects.toMatchObject(unavailable);
    await expect(store.list({ prefix: '' })).rejects.toMatchObject(unavailable);
  });

  it('takes wrong credentials and a missing bucket for failures, not for missing objects', async () => {
    const wrong = storeOf({ ...local.s3, secretAccessKey: 'not the key' });
    await expect(wrong.get('a')).rejects.toMatchObject(unavailable);
    await expect(wrong.head('a')).rejects.toMatchObject(unavailable);
    const nowhere = storeOf({ ...local.s3, bucket: 'no-such-bucket' });
    await expect(nowhere.get('a')).rejects.toMatchObject(unavailable);
    await expect(nowhere.put('a', bytes('x'), { onlyIf: { etag: 'e' } })).rejects.toMatchObject(unavailable);
  });

  it('names neither key nor host to the caller, and both in the cause', async () => {
    const store = storeOf({ ...local.s3, endpoint: 'http://127.0.0.1:1' });
    const error = await store.get('secret/key').catch((e) => e);
    expect(error.message + JSON.stringify(error.facts)).not.toMatch(/secret|127/);
    expect(error.cause.message).toMatch(/secret\/key.*127\.0\.0\.1/);
  });

  it('does not repeat a conditional write whose answer was lost', async () => {
    let requests = 0;
    const store = await storeAgainst((request) => {
      requests++;
      request.resume().on('end', () => request.socket.destroy());
    });
    await expect(store.put('a', bytes('x'), { onlyIf: { absent: true } })).rejects.toMatchObject(unavailable);
    expect(requests).toBe(1);
  });

  it('repeats an unconditional write that met a passing failure', async () => {
    let requests = 0;
    const store = await storeAgainst((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(++requests === 1 ? 503 : 200, { etag: '"e"' }).end();
      });
    });
    expect(await store.put('a', bytes('x'))).toEqual({ etag: 'e' });
    expect(requests).toBe(2);
  });

  it('repeats a conditional write that S3 answered with 409, and gives up in the end', async () => {
    let conflicts = 2;
    const store = await storeAgainst((request, response) => {
      request.resume().on('end', () => {
        if (conflicts-- <= 0) return response.writeHead(200, { etag: '"e"' }).end();
        const error = '<Error><Code>ConditionalRequestConflict</Code><Message>again</Message></Error>';
        return response.writeHead(409, { 'content-type': 'application/xml' }).end(error);
      });
    });
    expect(await store.put('a', bytes('x'), { onlyIf: { absent: true } })).toEqual({ etag: 'e' });
    conflicts = 100;
    await expect(store.put('a', bytes('x'), { onlyIf: { absent: true } })).rejects.toMatchObject(unavailable);
    expect(conflicts).toBe(96);
  });

  it('does not wait for ever for a silent server, or for a body that never ends', async () => {
    const silent = await storeAgainst(() => {}, { operationTimeoutMs: 100 });
    await expect(silent.head('a')).rejects.toMatchObject(unavailable);
    const stuck = await storeAgainst(
      (_request, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('01');
      },
      { operationTimeoutMs: 100 },
    );
    await expect(stuck.get('a')).rejects.toMatchObject(unavailable);
  });

  it('cuts out the range itself when the server ignores it', async () => {
    const store = await storeAgainst((_request, response) => {
      response.writeHead(200, { 'content-length': '10', etag: '"e"' }).end('0123456789');
    });
    const got = await store.get('a', { range: { offset: 2, length: 3 } });
    expect(got).toMatchObject({ size: 10, body: bytes('234') });
  });

  it('reports a deletion that failed for one key of a batch', async () => {
    const store = await storeAgainst((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/xml' });
        response.end('<DeleteResult><Error><Key>b</Key><Code>InternalError</Code></Error></DeleteResult>');
      });
    });
    await expect(store.delete(['a', 'b'])).rejects.toMatchObject(unavailable);
  });
});
