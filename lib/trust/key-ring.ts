// Who has sent this credential: the root key, a key of the vault, or a token. The root key needs nobody; a token
// of the root needs its signature only; everything else is held against the cached list of live keys.

import type { RingKey, TokenClaims } from '../contract/index.ts';
import { maxTokenSeconds } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { sha256 } from '../tensors/index.ts';
import {
  type Behind,
  equalInConstantTime,
  identifyRoot,
  type KeyRing,
  parseKeyText,
  rootId,
  unknownKey,
} from './api-keys.ts';
import type { KeySet } from './keys.ts';
import { bindingOf, type Principal, scopesOf } from './rights.ts';
import type { RingCache } from './ring-cache.ts';
import { openToken, tokenPrefix } from './tokens.ts';

/** How far the clocks of control and edge may be apart. */
const skewMs = 60_000;

export interface KeyRingOptions {
  /** Lowercase hexadecimal SHA-256 of the root key. */
  rootHash: string;
  /** Public keys that tokens are signed with. */
  tokenKeys: KeySet;
  cache: RingCache;
  clock(): number;
}

export function createKeyRing({ rootHash, tokenKeys, cache, clock }: KeyRingOptions): KeyRing {
  const isOver = (expires: number | null) => expires !== null && clock() >= expires;

  /** A live key; for an id that is not in the list, the vault is asked as often as the cache allows. */
  async function liveKey(id: string, behind: Behind): Promise<RingKey | undefined> {
    const key = (await cache.current(behind)).keys.get(id) ?? (await cache.again()).keys.get(id);
    return key && !isOver(key.expires) ? key : undefined;
  }

  async function identifyKey(id: string, secret: string, behind: Behind): Promise<Principal> {
    const [key, hash] = [await liveKey(id, behind), await sha256(secret)];
    if (!key || !equalInConstantTime(hash, key.sha256)) throw unknownKey();
    return principalOf(key);
  }

  async function identifyToken(token: string, behind: Behind): Promise<Principal> {
    const claims = await openToken(token, tokenKeys);
    if (!claims) throw refusedToken('is not one that was made here');
    const now = clock();
    if (now >= claims.exp * 1000) throw refusedToken('has expired');
    if (claims.exp * 1000 > now + maxTokenSeconds * 1000 + skewMs) throw refusedToken('lives too long');
    if (claims.iss === rootId(rootHash)) return tokenPrincipal(claims, []);
    const issuer = await liveKey(claims.iss, behind);
    if (!issuer || !scopesOf(issuer.scopes).includes(claims.scope))
      throw refusedToken('was made with a key that has expired or was revoked');
    return tokenPrincipal(claims, principalOf(issuer).bindings);
  }

  return {
    async identify(credential, behind) {
      const root = await identifyRoot(credential, rootHash);
      if (root) return root;
      if (credential.startsWith(tokenPrefix)) return identifyToken(credential, behind);
      const parts = parseKeyText(credential);
      if (!parts) throw unknownKey();
      return identifyKey(parts.id, parts.secret, behind);
    },
  };
}

function principalOf(key: RingKey): Principal {
  const binding = bindingOf(key);
  return {
    kind: 'key',
    keyId: key.id,
    scopes: scopesOf(key.scopes),
    bindings: binding ? [binding] : [],
    expires: key.expires,
    origins: null,
  };
}

/** What the token says, and what its issuer is bound to besides. */
function tokenPrincipal(claims: TokenClaims, inherited: Principal['bindings']): Principal {
  const binding = bindingOf(claims);
  return {
    kind: 'token',
    keyId: claims.id,
    scopes: [claims.scope],
    bindings: binding ? [binding, ...inherited] : inherited,
    expires: claims.exp * 1000,
    origins: claims.origins ?? null,
  };
}

const refusedToken = (why: string) =>
  new HeadwaterError('unauthorized', `This token ${why}. Ask for a new one.`);
