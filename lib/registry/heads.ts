// head.json: a head is claimed once, by whoever trains it first, and bound to one dataset for good.

import { type HeadDocument, HeadDocumentSchema, headKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { fromJson, toJson } from '../tensors/index.ts';

/** The document of a head, or null. @throws HeadwaterError `head-refused` if something else lies in its place */
export async function readHeadDocument(store: ObjectStore, head: string): Promise<HeadDocument | null> {
  const object = await store.get(headKey(head));
  if (!object) return null;
  const document = parseHeadDocument(object.body);
  if (document?.head !== head)
    throw new HeadwaterError(
      'head-refused',
      `What is stored as the document of "${head}" is something else. Restore its head.json.`,
    );
  return document;
}

function parseHeadDocument(bytes: Uint8Array): HeadDocument | undefined {
  try {
    return HeadDocumentSchema.parse(fromJson(bytes));
  } catch {
    return undefined;
  }
}

/** @throws HeadwaterError `not-found`, `head-refused` */
export async function requireHead(store: ObjectStore, head: string): Promise<HeadDocument> {
  const document = await readHeadDocument(store, head);
  if (!document)
    throw new HeadwaterError(
      'not-found',
      `There is no head "${head}". Train one: POST /v1/heads/{head}/trainings.`,
    );
  return document;
}

/** Claims `wanted.head`, or answers what it was claimed as before. Atomic: of two claims one wins. */
export async function claimHead(store: ObjectStore, wanted: HeadDocument): Promise<HeadDocument> {
  const bytes = toJson(HeadDocumentSchema.parse(wanted));
  const written = await store.put(headKey(wanted.head), bytes, {
    contentType: 'application/json',
    onlyIf: { absent: true },
  });
  return written ? wanted : requireHead(store, wanted.head);
}
