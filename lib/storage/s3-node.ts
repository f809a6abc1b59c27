// Any S3 through @aws-sdk/client-s3: AWS, R2's S3 front, MinIO, and Miniflare's front in local runs. Node
// only. Checksums are sent only where the protocol demands them, because R2 and others refuse the rest.

import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { checkKey, checkList, checkRange, deletionBatches, rangeLength } from './checks.ts';
import { type Operation, unavailable, wholeBody } from './failure.ts';
import { decodeMetadata, encodeMetadata } from './metadata.ts';
import type { ListedObject, ObjectStore, Precondition, ReadObject, StoredObject } from './object-store.ts';

/** How long a connection may take to stand. */
const connectTimeoutMs = 5_000;
/** How long a connection may be silent while an answer is due. */
const idleTimeoutMs = 30_000;
/** How long one call may take with its body and the SDK's retries. */
const operationTimeoutMs = 120_000;
/** Attempts of a call that may be repeated: reads, deletions and unconditional writes. */
const repeatableAttempts = 3;
/** Attempts of a conditional write that S3 answers with 409, which says that nothing was written. */
const conflictAttempts = 4;
const firstConflictDelayMs = 50;

export interface S3Options {
  /** For example `https://<account>.r2.cloudflarestorage.com`; the bucket follows as the first path segment. */
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** `auto` unless given, which is R2's and does for the local front; AWS wants its own. */
  region?: string;
  idleTimeoutMs?: number;
  operationTimeoutMs?: number;
}

/** An ObjectStore that holds connections; `close` lets go of them. */
export interface S3Store extends ObjectStore {
  close(): void;
}

interface S3Description {
  ContentLength?: number;
  ContentType?: string;
  ETag?: string;
  LastModified?: Date;
  Metadata?: Record<string, string>;
}

/**
 * The store behind an S3 endpoint.
 *
 * @example s3Store({ endpoint: 'http://127.0.0.1:8787/cdn-cgi/local/r2/s3', bucket, accessKeyId, secretAccessKey })
 */
export function s3Store(options: S3Options): S3Store {
  const Bucket = options.bucket;
  const clientOf = (maxAttempts: number) =>
    new S3Client({
      endpoint: options.endpoint,
      region: options.region ?? 'auto',
      credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      maxAttempts,
      requestHandler: {
        connectionTimeout: connectTimeoutMs,
        socketTimeout: options.idleTimeoutMs ?? idleTimeoutMs,
      },
    });
  const client = clientOf(repeatableAttempts);
  // A conditional write that took place but whose answer was lost would, if repeated, meet its own object
  // and read as a failed precondition. So it is sent once, and its failure says "outcome unknown".
  const once = clientOf(1);

  const attempt = async <T>(
    operation: Operation,
    key: string,
    call: (abortSignal: AbortSignal) => Promise<T>,
  ) => {
    const signal = AbortSignal.timeout(options.operationTimeoutMs ?? operationTimeoutMs);
    try {
      return await orAbort(signal, call(signal));
    } catch (error) {
      throw unavailable(operation, key, error);
    }
  };

  const head = async (key: string): Promise<StoredObject | null> => {
    checkKey(key);
    return attempt('head', key, (abortSignal) =>
      client.send(new HeadObjectCommand({ Bucket, Key: key }), { abortSignal }).then(
        (answer) => describe(key, answer, answer.ContentLength ?? 0),
        (error) => (status(error) === 404 ? null : Promise.reject(error)),
      ),
    );
  };

  const read = (key: string, range: string | undefined) =>
    attempt('get', key, async (abortSignal) => {
      try {
        const answer = await client.send(new GetObjectCommand({ Bucket, Key: key, Range: range }), {
          abortSignal,
        });
        const body = (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0);
        return { answer, body: body as Uint8Array<ArrayBuffer> };
      } catch (error) {
        if (name(error) === 'NoSuchKey') return 'missing';
        if (status(error) === 416) return 'past the end';
        throw error;
      }
    });

  return {
    listsMetadata: false,
    head,

    async get(key, { range } = {}): Promise<ReadObject | null> {
      checkKey(key);
      if (range) checkRange(range);
      // HTTP has no empty ranges, and answers an offset at or past the end with 416.
      const outcome = range?.length === 0 ? 'past the end' : await read(key, rangeHeader(range));
      if (outcome === 'missing') return null;
      if (outcome === 'past the end') {
        const object = await head(key);
        return object && { ...object, body: new Uint8Array(0) };
      }
      const { answer, body } = outcome;
      const total = answer.ContentRange?.match(/\/(\d+)$/)?.[1];
      const size = total === undefined ? (answer.ContentLength ?? body.length) : Number(total);
      const expected = total === undefined ? size : rangeLength(size, range);
      const whole = wholeBody(key, body, expected);
      // A server may ignore ranges and send everything.
      const part =
        range && total === undefined
          ? whole.slice(range.offset, range.offset + rangeLength(size, range))
          : whole;
      return { ...describe(key, answer, size), body: part };
    },

    async put(key, body, { contentType, metadata, onlyIf } = {}) {
      checkKey(key);
      const Metadata = encodeMetadata(metadata);
      const command = () =>
        new PutObjectCommand({
          Bucket,
          Key: key,
          Body: body,
          ContentLength: body.length,
          ContentType: contentType,
          Metadata,
          ...conditionOf(onlyIf),
        });
      return attempt('put', key, async (abortSignal) => {
        for (let n = 1; ; n++) {
          try {
            const answer = await (onlyIf ? once : client).send(command(), { abortSignal });
            return { etag: unquoted(answer.ETag) };
          } catch (error) {
            if (status(error) === 412) return null;
            // AWS answers If-Match on a missing key so; a missing bucket has another name.
            if (onlyIf && name(error) === 'NoSuchKey') return null;
            if (status(error) !== 409 || n === conflictAttempts) throw error;
            await new Promise((resolve) => setTimeout(resolve, firstConflictDelayMs * 2 ** (n - 1)));
          }
        }
      });
    },

    async delete(keys) {
      for (const batch of deletionBatches(keys)) {
        // Some servers trim the keys of a batch (Miniflare's does, and then reports a success).
        const batchable = batch.filter((key) => key === key.trim());
        const single = batch.filter((key) => key !== key.trim());
        if (batchable.length === 1) single.push(batchable.pop()!);
        for (const Key of single) {
          await attempt('delete', Key, (abortSignal) =>
            client.send(new DeleteObjectCommand({ Bucket, Key }), { abortSignal }),
          );
        }
        if (batchable.length === 0) continue;
        await attempt('delete', batchable[0]!, async (abortSignal) => {
          const Delete = { Quiet: true, Objects: batchable.map((Key) => ({ Key })) };
          const answer = await client.send(new DeleteObjectsCommand({ Bucket, Delete }), { abortSignal });
          const first = answer.Errors?.[0];
          if (first) throw new Error(`${first.Key}: ${first.Code} ${first.Message}`);
        });
      }
    },

    async list(listOptions) {
      const MaxKeys = checkList(listOptions, false);
      const { prefix: Prefix, cursor: ContinuationToken, startAfter, delimiter } = listOptions;
      // Keys come percent-encoded: XML could not carry every one of them.
      const command = new ListObjectsV2Command({
        Bucket,
        Prefix,
        MaxKeys,
        ContinuationToken,
        StartAfter: startAfter,
        Delimiter: delimiter,
        EncodingType: 'url',
      });
      return attempt('list', Prefix, async (abortSignal) => {
        const page = await client.send(command, { abortSignal });
        const decode = page.EncodingType === 'url' ? decodeKey : (key: string) => key;
        const objects = (page.Contents ?? []).map(
          (object): ListedObject => ({
            key: decode(object.Key ?? ''),
            size: object.Size ?? 0,
            etag: unquoted(object.ETag),
            uploaded: object.LastModified ?? new Date(0),
          }),
        );
        const prefixes = (page.CommonPrefixes ?? []).map((common) => decode(common.Prefix ?? ''));
        return {
          objects,
          ...(delimiter && { prefixes }),
          ...(page.IsTruncated && { cursor: page.NextContinuationToken }),
        };
      });
    },

    close() {
      client.destroy();
      once.destroy();
    },
  };
}

function describe(key: string, answer: S3Description, size: number): StoredObject {
  return {
    key,
    size,
    etag: unquoted(answer.ETag),
    uploaded: answer.LastModified ?? new Date(0),
    ...(answer.ContentType !== undefined && { contentType: answer.ContentType }),
    metadata: decodeMetadata(answer.Metadata),
  };
}

function rangeHeader(range: { offset: number; length?: number } | undefined): string | undefined {
  if (!range) return undefined;
  return `bytes=${range.offset}-${range.length === undefined ? '' : range.offset + range.length - 1}`;
}

function conditionOf(onlyIf: Precondition | undefined): { IfNoneMatch?: string; IfMatch?: string } {
  if (!onlyIf) return {};
  return 'absent' in onlyIf ? { IfNoneMatch: '*' } : { IfMatch: `"${onlyIf.etag}"` };
}

const unquoted = (etag: string | undefined) => (etag ?? '').replace(/^"|"$/g, '');
/** S3 writes a space as `+` and a plus as `%2B`; others write `%20`. */
const decodeKey = (key: string) => decodeURIComponent(key.replaceAll('+', '%20'));
const status = (error: unknown) =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
const name = (error: unknown) => (error as { name?: string } | undefined)?.name;

/** Settles with the work, or rejects when the signal fires: the SDK does not abort while a body is read. */
async function orAbort<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
