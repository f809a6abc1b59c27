import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { describeObjectStore } from './conformance.ts';
import { type R2BucketLike, r2Store } from './r2.ts';

const bucket = (env as { BUCKET: R2BucketLike }).BUCKET;

/** The same bucket, but what it reads breaks off and the runtime does not say so. */
const tornBucket = (bytes: number): R2BucketLike => ({
  ...methodsOf(bucket),
  async get(key, options) {
    const object = await bucket.get(key, options);
    if (!object) return null;
    const body = (await object.arrayBuffer()).slice(0, bytes);
    const { size, etag, uploaded, httpMetadata, customMetadata } = object;
    return { key, size, etag, uploaded, httpMetadata, customMetadata, arrayBuffer: async () => body };
  },
});

const methodsOf = (of: R2BucketLike): R2BucketLike => ({
  get: (...all) => of.get(...all),
  head: (...all) => of.head(...all),
  put: (...all) => of.put(...all),
  delete: (...all) => of.delete(...all),
  list: (...all) => of.list(...all),
});

describeObjectStore('r2', () => ({ store: r2Store(bucket), torn: (bytes) => r2Store(tornBucket(bytes)) }));

describe('r2 when the binding fails', () => {
  it('says that storage is unavailable, whatever the call', async () => {
    const fail = () => Promise.reject(new Error('get: We encountered an internal error. (10001)'));
    const store = r2Store({ get: fail, head: fail, put: fail, delete: fail, list: fail });
    const unavailable = { name: 'HeadwaterError', type: 'storage-unavailable' };
    await expect(store.get('a')).rejects.toMatchObject(unavailable);
    await expect(store.get('a', { range: { offset: 1 } })).rejects.toMatchObject(unavailable);
    await expect(store.head('a')).rejects.toMatchObject(unavailable);
    await expect(store.put('a', new Uint8Array(1))).rejects.toMatchObject(unavailable);
    await expect(store.delete('a')).rejects.toMatchObject(unavailable);
    await expect(store.list({ prefix: '' })).rejects.toMatchObject(unavailable);
  });
});
