// One interface over every place where Headwater keeps objects: R2 through its binding, any S3, memory.
// It promises what the weakest of them gives and no more: strongly consistent reads, atomic single-object
// writes, conditional writes by absence or by etag, listings in UTF-8 order. Keys are kept byte for byte;
// NFC-normalising names is the HTTP boundary's work, not the store's.

/** What a listing tells of an object. */
export interface ListedObject {
  key: string;
  /** Size of the whole object in bytes, also when only a range of it was read. */
  size: number;
  /** Opaque and unquoted. Equal bytes may or may not have equal etags. */
  etag: string;
  uploaded: Date;
  contentType?: string;
  /** Custom metadata; in a listing only when it was asked for. */
  metadata?: Record<string, string>;
}

/** What `head` and `get` tell of an object. */
export interface StoredObject extends ListedObject {
  metadata: Record<string, string>;
}

/** An object with its bytes (of the range that was asked for). */
export interface ReadObject extends StoredObject {
  body: Uint8Array<ArrayBuffer>;
}

/** Bytes `offset` to `offset + length`; what lies past the end is left out, so a body may be shorter or empty. */
export interface ByteRange {
  offset: number;
  length?: number;
}

/** Write only if there is no such object yet, or only if it still has this etag. */
export type Precondition = { absent: true } | { etag: string };

export interface PutOptions {
  contentType?: string;
  /** Names: lowercase letters, digits and `-`. Values: any text, up to {@link maxMetadataBytes} in all. */
  metadata?: Record<string, string>;
  onlyIf?: Precondition;
}

export interface ListOptions {
  prefix: string;
  /** From the page before; opaque. */
  cursor?: string;
  /** Only keys after this one, in the order of the listing; leave it out where there is a cursor. */
  startAfter?: string;
  /** Keys that go on beyond a `/` after the prefix are told as one, in `prefixes`, and cost one of `limit`. */
  delimiter?: '/';
  /** At most this many objects, 1 to {@link maxListLimit}. A page may be shorter and still not be the last. */
  limit?: number;
  /** Ask for `contentType` and `metadata` of each object. Only stores with `listsMetadata` can. */
  metadata?: boolean;
}

export interface ListPage {
  /** In order of their keys' UTF-8 bytes. */
  objects: ListedObject[];
  /** With a delimiter: what stands before it, the delimiter included, each once, in the same order. */
  prefixes?: string[];
  /** Present exactly if there may be more. */
  cursor?: string;
}

/**
 * The `startAfter` that skips everything under a prefix which ends in `/`, and nothing else: no character stands
 * between `/` and `0`.
 */
export const pastPrefix = (prefix: string) => `${prefix.slice(0, -1)}0`;

/** The most objects of one page of a listing, and of one batch of deletions. */
export const maxListLimit = 1000;

/**
 * A bucket. Every method throws HeadwaterError `storage-unavailable` when the store fails, refuses or sends
 * less than it stated. After such a failure of a write the outcome is unknown: it may have taken place.
 * Whoever must know reads the object again.
 */
export interface ObjectStore {
  /** Whether `list({metadata: true})` works: the R2 binding and memory can, S3 has no such call. */
  readonly listsMetadata: boolean;
  get(key: string, options?: { range?: ByteRange }): Promise<ReadObject | null>;
  head(key: string): Promise<StoredObject | null>;
  /** The new etag, or null if the precondition did not hold and nothing was written. */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<{ etag: string } | null>;
  /** Deletes what is there; a missing key is no error. Several keys are not deleted as one atomic step. */
  delete(keys: string | string[]): Promise<void>;
  list(options: ListOptions): Promise<ListPage>;
}

/**
 * Every object under a prefix, page by page.
 *
 * @example for await (const object of listAll(store, 'examples/ants/')) total += object.size;
 */
export async function* listAll(
  store: ObjectStore,
  prefix: string,
  options: { metadata?: boolean; limit?: number } = {},
): AsyncGenerator<ListedObject, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await store.list({ ...options, prefix, cursor });
    yield* page.objects;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
