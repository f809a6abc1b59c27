// Entity tags (RFC 9110 §8.8.3): which versions answered, and the digest of what they were asked about or of what
// they said. Whoever sends one back is told that nothing has changed, without the work. On POST too: a question
// about the same image to the same version has the same answer, though RFC 9110 knows 304 for GET and HEAD only.

import type { Context } from 'hono';
import { sha256 } from '../../lib/tensors/index.ts';

/** `"<version>:<digest>"`; for several heads `"3.1.7:<digest>"`. */
export const etagOf = (versions: number[], digest: string): string => `"${versions.join('.')}:${digest}"`;

const listPattern = /[ \t,]*(?:W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*(?=,|$)/y;

/** Whether an If-None-Match names `etag`: a list, or `*` for whatever there is. Tags are compared weakly. */
export function isNamed(etag: string, ifNoneMatch: string | undefined): boolean {
  const list = ifNoneMatch?.trim() ?? '';
  if (list === '*') return true;
  listPattern.lastIndex = 0;
  for (let tag = listPattern.exec(list); tag; tag = listPattern.exec(list))
    if (`"${tag[1]}"` === etag) return true;
  return false;
}

/** Marks an answer that only this caller may keep, and must ask about before it is used again. */
export function tag(c: Context, etag: string): void {
  c.header('etag', etag);
  c.header('cache-control', 'private, no-cache');
  c.header('vary', 'Authorization', { append: true });
}

/** A JSON answer about `version` of a head (0: none) with its tag, or 304 for who has it. */
export async function taggedJson<T extends object>(c: Context, answer: T, version: number) {
  const etag = etagOf([version], await sha256(JSON.stringify(answer)));
  tag(c, etag);
  return isNamed(etag, c.req.header('if-none-match')) ? c.body(null, 304) : c.json(answer, 200);
}
