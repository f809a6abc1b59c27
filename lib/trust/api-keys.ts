// API keys as text, and the ring that tells who has sent one. The root key of the configuration always counts; a
// ring of that one key is all that a test or a deployment without a vault needs.

import { HeadwaterError } from '../errors/index.ts';
import { sha256 } from '../tensors/index.ts';
import type { Principal } from './rights.ts';

/** Longest Authorization credential that is looked at, tokens included. */
export const maxCredentialCharacters = 2048;

/** Runs work after the answer (`waitUntil`). */
export type Behind = (work: Promise<void>) => void;

/** Who may call. */
export interface KeyRing {
  /**
   * @throws HeadwaterError `unauthorized` for what is not known here, was revoked or has expired;
   *   `keys-unavailable` if that cannot be told now
   */
  identify(credential: string, behind: Behind): Promise<Principal>;
}

/** `hw_<id>_<secret>`: a ULID, and 32 random bytes in base64url. */
export const keyText = (id: string, secret: string): string => `hw_${id}_${secret}`;

/** The parts of a key's text, or undefined if it is none. */
export function parseKeyText(text: string): { id: string; secret: string } | undefined {
  const match = /^hw_([0-7][0-9A-HJKMNP-TV-Z]{25})_([\w-]{43})$/.exec(text);
  return match ? { id: match[1]!, secret: match[2]! } : undefined;
}

/** The root key, if this is it. `hash` is the lowercase hexadecimal SHA-256 of the key. */
export async function identifyRoot(credential: string, hash: string): Promise<Principal | undefined> {
  if (!equalInConstantTime(await sha256(credential), hash)) return undefined;
  return {
    kind: 'root',
    keyId: rootId(hash),
    scopes: ['infer', 'teach', 'train', 'admin'],
    bindings: [],
    expires: null,
    origins: null,
  };
}

/** Tells one root key from the next, so that tokens end with the key that made them. Tokens show it to anyone, so it
 *  is short: more of the hash would help to guess a key that somebody has made up. */
export const rootId = (hash: string): string => `root-${hash.slice(0, 4)}`;

/** A ring of the root key alone. */
export function singleKey(hash: string): KeyRing {
  return {
    async identify(credential) {
      const root = await identifyRoot(credential, hash);
      if (!root) throw unknownKey();
      return root;
    },
  };
}

export const unknownKey = () =>
  new HeadwaterError('unauthorized', 'This API key is not known here, has expired, or was revoked.');

/**
 * The caller behind an Authorization header.
 *
 * @throws HeadwaterError `unauthorized` without a key that is known; `keys-unavailable` as the ring does
 */
export async function authenticate(
  authorization: string | undefined,
  ring: KeyRing,
  behind: Behind,
): Promise<Principal> {
  const [, credential] = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '') ?? [];
  if (!credential || credential.length > maxCredentialCharacters)
    throw new HeadwaterError('unauthorized', 'Send "Authorization: Bearer <key>" with your API key.');
  return ring.identify(credential, behind);
}

/** Compares two hexadecimal digests without telling by time where they differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % Math.max(1, b.length));
  return difference === 0;
}
