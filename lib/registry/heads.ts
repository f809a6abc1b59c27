// head.json: a head is claimed once, by whoever trains it first, and bound to one dataset for good.

import { type HeadDocument, HeadDocumentSchema, headKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';

export async function readHeadDocument(store: ObjectStore, head: string): Promise<HeadDocument | null> {
  const object = await store.get(headKey(head));
  return object && HeadDocumentSchema.parse(JSON.parse(new TextDecoder().decode(object.body)));
}

/** @throws HeadwaterError `not-found` */
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
  const bytes = new TextEncoder().encode(JSON.stringify(HeadDocumentSchema.parse(wanted)));
  const written = await store.put(headKey(wanted.head), bytes, {
    contentType: 'application/json',
    onlyIf: { absent: true },
  });
  return written ? wanted : requireHead(store, wanted.head);
}
