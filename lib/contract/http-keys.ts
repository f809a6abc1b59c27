// Requests and answers about API keys and tokens. Objects are strict: a binding whose name is mistyped must be
// an error, not a key without a binding.

import { z } from 'zod';
import { cursorOf } from './cursor.ts';
import { Name, Ulid } from './names.ts';

/** What a caller may do. `admin` includes the others. */
export const Scope = z.enum(['infer', 'teach', 'train', 'admin']);
export type Scope = z.infer<typeof Scope>;

/** What a token may be made for: what an app on a phone does. */
export const TokenScope = z.enum(['infer', 'teach']);
export type TokenScope = z.infer<typeof TokenScope>;

export const maxTokenSeconds = 3600;
export const defaultTokenSeconds = 900;
export const maxOriginsPerToken = 10;
export const maxOriginCharacters = 100;
/** Ten years: longer than that is "for ever", which is said by leaving it out. */
const maxKeySeconds = 10 * 366 * 24 * 3600;

/** True for what a browser sends as `Origin`, if the page came by https or from the developer's own machine. */
export function isOrigin(text: string): boolean {
  if (text.length > maxOriginCharacters || !URL.canParse(text)) return false;
  const { origin, protocol, hostname } = new URL(text);
  const isHost = /^(\[[\da-f:.]+\]|[a-z\d._-]+)$/.test(hostname);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return origin === text && isHost && (protocol === 'https:' || (protocol === 'http:' && isLocal));
}

/** One exact origin: no path, no wildcard, no default port. */
export const Origin = z.string().refine(isOrigin, {
  message:
    'an origin is exactly what a browser sends, as "https://example.com"; plain http only for localhost',
});

const oneBinding = {
  message: 'a key or token is bound to a head or to a dataset, not to both',
  path: ['head'],
};
const atMostOne = ({ head, dataset }: { head?: string | undefined; dataset?: string | undefined }) =>
  head === undefined || dataset === undefined;

export const KeyRequest = z
  .strictObject({
    name: Name.optional(),
    scopes: z
      .array(Scope)
      .min(1)
      .max(16)
      .transform((scopes) => Scope.options.filter((scope) => scopes.includes(scope))),
    head: Name.optional(),
    dataset: Name.optional(),
    /** When it ends; left out, with `ttl` too: when its maker's key ends, if ever. */
    expires: z.iso.datetime({ offset: true }).optional(),
    /** Seconds from now, instead of `expires`. */
    ttl: z.number().int().min(1).max(maxKeySeconds).optional(),
  })
  .refine(atMostOne, oneBinding)
  .refine(({ head, scopes }) => head === undefined || !scopes.includes('teach'), {
    message: '"teach" is about a dataset: bind the key to the dataset, or leave "teach" out',
    path: ['scopes'],
  })
  .refine(({ expires, ttl }) => expires === undefined || ttl === undefined, {
    message: 'say either when the key expires or how many seconds it lives',
    path: ['ttl'],
  });
export type KeyRequestData = z.infer<typeof KeyRequest>;

export const KeyAnswer = z.object({
  id: Ulid,
  name: Name.nullable(),
  scopes: z.array(Scope),
  head: Name.nullable(),
  dataset: Name.nullable(),
  created: z.string(),
  expires: z.string().nullable(),
  revoked: z.string().nullable(),
  /** The key that made it. */
  madeBy: z.string(),
});
/** The only answer that ever holds the key itself. */
export const CreatedKeyAnswer = KeyAnswer.extend({ key: z.string() });

export const keyCursor = cursorOf('keys', Ulid);
const maxKeysPerPage = 100;
export const KeysQuery = z.object({
  cursor: keyCursor.schema.optional(),
  limit: z.coerce.number().int().min(1).max(maxKeysPerPage).default(maxKeysPerPage),
});
/** `cursor` is there if there are more: ask again with it. */
export const KeysAnswer = z.object({ keys: z.array(KeyAnswer), cursor: z.string().optional() });

export const TokenRequest = z
  .strictObject({
    scope: TokenScope,
    head: Name.optional(),
    dataset: Name.optional(),
    /** Seconds. */
    ttl: z.number().int().min(1).max(maxTokenSeconds).default(defaultTokenSeconds),
    /** Pages from which a browser may use the token; left out: none, for apps that are no web pages. */
    origins: z.array(Origin).min(1).max(maxOriginsPerToken).optional(),
  })
  .refine(atMostOne, oneBinding)
  .refine(({ head, scope }) => head === undefined || scope !== 'teach', {
    message: '"teach" is about a dataset: bind the token to the dataset',
    path: ['head'],
  });
export type TokenRequestData = z.infer<typeof TokenRequest>;

export const TokenAnswer = z.object({ token: z.string(), expires: z.string() });
