// R2 through a Worker's binding. The types below are the part of R2Bucket that is used, so that this file
// needs no Cloudflare types and tests can stand in for a bucket.

import { HeadwaterError } from '../errors/index.ts';
import { checkKey, checkList, checkRange, deletionBatches, rangeLength } from './checks.ts';
import { type Operation, unavailable, wholeBody } from './failure.ts';
import { decodeMetadata, encodeMetadata } from './metadata.ts';
import type { ListedObject, ObjectStore, Precondition, StoredObject } from './object-store.ts';

export interface R2ObjectLike {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly uploaded: Date;
  readonly httpMetadata?: { contentType?: string };
  readonly customMetadata?: Record<string, string>;
}

export interface R2ObjectBodyLike extends R2ObjectLike {
  arrayBuffer(): Promise<ArrayBuffer>;
}

export interface R2BucketLike {
  get(
    key: string,
    options?: { range?: { offset: number; length?: number } },
  ): Promise<R2ObjectBodyLike | null>;
  head(key: string): Promise<R2ObjectLike | null>;
  put(
    key: string,
    value: ArrayBufferView,
    options?: {
      onlyIf?: Headers;
      httpMetadata?: { contentType?: string };
      customMetadata?: Record<string, string>;
    },
  ): Promise<R2ObjectLike | null>;
  delete(keys: string | string[]): Promise<void>;
  list(options?: {
    prefix?: string;
    limit?: number;
    cursor?: string;
    startAfter?: string;
    delimiter?: string;
    include?: ('httpMetadata' | 'customMetadata')[];
  }): Promise<
    { objects: R2ObjectLike[]; delimitedPrefixes?: string[] } & (
      | { truncated: true; cursor: string }
      | { truncated: false }
    )
  >;
}

/**
 * The store behind an R2 binding.
 *
 * @example const store = r2Store(env.BUCKET);
 */
export function r2Store(bucket: R2BucketLike): ObjectStore {
  const head = async (key: string) => {
    checkKey(key);
    const object = await attempt('head', key, () => bucket.head(key));
    return object && describe(object);
  };

  return {
    listsMetadata: true,
    head,

    async get(key, { range } = {}) {
      checkKey(key);
      if (range) checkRange(range);
      // R2 has no empty ranges, and the binding throws at an offset at or past the end.
      if (range?.length === 0) return withoutBody(await head(key));
      try {
        const object = await bucket.get(key, range && { range });
        if (!object) return null;
        const body = new Uint8Array(await object.arrayBuffer());
        return { ...describe(object), body: wholeBody(key, body, rangeLength(object.size, range)) };
      } catch (error) {
        const object = range && (await head(key));
        if (object && rangeLength(object.size, range) === 0) return withoutBody(object);
        throw error instanceof HeadwaterError ? error : unavailable('get', key, error);
      }
    },

    async put(key, body, { contentType, metadata, onlyIf } = {}) {
      checkKey(key);
      const customMetadata = encodeMetadata(metadata);
      const object = await attempt('put', key, () =>
        bucket.put(key, body, {
          customMetadata,
          ...(onlyIf && { onlyIf: conditionHeaders(onlyIf) }),
          ...(contentType !== undefined && { httpMetadata: { contentType } }),
        }),
      );
      return object && { etag: object.etag };
    },

    async delete(keys) {
      for (const batch of deletionBatches(keys)) {
        await attempt('delete', batch[0]!, () => bucket.delete(batch));
      }
    },

    async list(options) {
      const limit = checkList(options, true);
      const { prefix, cursor, startAfter, delimiter, metadata } = options;
      const page = await attempt('list', prefix, () =>
        bucket.list({
          prefix,
          limit,
          ...(cursor !== undefined && { cursor }),
          ...(startAfter !== undefined && { startAfter }),
          ...(delimiter !== undefined && { delimiter }),
          ...(metadata && { include: ['httpMetadata', 'customMetadata'] }),
        }),
      );
      const objects = page.objects.map((object): ListedObject => {
        const { contentType, metadata: custom, ...listed } = describe(object);
        if (!metadata) return listed;
        return { ...listed, ...(contentType !== undefined && { contentType }), metadata: custom };
      });
      return {
        objects,
        ...(delimiter && { prefixes: page.delimitedPrefixes ?? [] }),
        ...(page.truncated && { cursor: page.cursor }),
      };
    },
  };
}

function describe(object: R2ObjectLike): StoredObject {
  const contentType = object.httpMetadata?.contentType;
  return {
    key: object.key,
    size: object.size,
    etag: object.etag,
    uploaded: object.uploaded,
    ...(contentType !== undefined && { contentType }),
    metadata: decodeMetadata(object.customMetadata),
  };
}

function withoutBody(object: StoredObject | null) {
  return object && { ...object, body: new Uint8Array(0) };
}

// As headers, because their meaning is HTTP's: the object form has no documented "any etag".
function conditionHeaders(onlyIf: Precondition): Headers {
  return new Headers('absent' in onlyIf ? { 'If-None-Match': '*' } : { 'If-Match': `"${onlyIf.etag}"` });
}

async function attempt<T>(operation: Operation, key: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw unavailable(operation, key, error);
  }
}
