// Who may call. One bearer key so far, known here by its SHA-256 only; more keys, scopes and tokens will come
// through the same function, and every route names the scope that it needs already.

import { HeadwaterError } from '../errors/index.ts';
import { sha256 } from '../tensors/index.ts';

export type Scope = 'infer' | 'teach' | 'train' | 'admin';

export interface Principal {
  keyId: string;
  scopes: readonly Scope[];
}

/** Keys that are accepted, by the hash under which they are kept. */
export interface KeyRing {
  find(sha256OfKey: string): Principal | undefined;
}

/** A ring of one key, which may do everything. `hash` is the lowercase hexadecimal SHA-256 of the key. */
export function singleKey(hash: string): KeyRing {
  return {
    find: (candidate) =>
      equalInConstantTime(candidate, hash)
        ? { keyId: hash.slice(0, 8), scopes: ['infer', 'teach', 'train', 'admin'] }
        : undefined,
  };
}

/**
 * The caller behind an Authorization header.
 *
 * @throws HeadwaterError `unauthorized` without a known key, `forbidden` if the key lacks `scope`.
 */
export async function authenticate(
  authorization: string | undefined,
  scope: Scope,
  ring: KeyRing,
): Promise<Principal> {
  const key = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
  if (!key) throw new HeadwaterError('unauthorized', 'Send "Authorization: Bearer <key>" with your API key.');
  const principal = ring.find(await sha256(key));
  if (!principal) throw new HeadwaterError('unauthorized', 'This API key is not known here, or was revoked.');
  if (!principal.scopes.includes(scope))
    throw new HeadwaterError('forbidden', `This key lacks the scope "${scope}".`, { scope });
  return principal;
}

/** Compares two hexadecimal digests without telling by time where they differ. */
function equalInConstantTime(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % Math.max(1, b.length));
  return difference === 0;
}
