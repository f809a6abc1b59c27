// Short-lived tokens: a few claims signed by control, which an edge verifies with a public key and nothing else.
// `hwt_<base64url of the claims>.<base64url of the signature>`. The reader decides algorithm and keys; the text
// names neither. One set of claims has one spelling, so a token that was changed in any way is none.

import { type TokenClaims, TokenClaimsSchema } from '../contract/index.ts';
import { fromBase64Url, toBase64Url, toJson } from '../tensors/index.ts';
import { maxCredentialCharacters } from './api-keys.ts';
import { preAuthEncoding } from './dsse.ts';
import type { KeySet, Signer } from './keys.ts';

const payloadType = 'application/vnd.headwater.token.v1+json';
export const tokenPrefix = 'hwt_';

/** The claims' one spelling. */
function spell({ v, id, iss, scope, head, dataset, exp, origins }: TokenClaims): Uint8Array {
  return toJson({ v, id, iss, scope, head, dataset, exp, origins });
}

/** Signs claims. The same claims and key give the same token, and the largest are not too long for an edge. */
export async function issueToken(claims: TokenClaims, signer: Signer): Promise<string> {
  const payload = spell(TokenClaimsSchema.parse(claims));
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  return `${tokenPrefix}${toBase64Url(payload)}.${toBase64Url(signature)}`;
}

/** The claims of a token that one of `keys` has signed; undefined for anything else. Says nothing of time. */
export async function openToken(token: string, keys: KeySet): Promise<TokenClaims | undefined> {
  const match = /^hwt_([\w-]+)\.([\w-]{86})$/.exec(token);
  if (!match || token.length > maxCredentialCharacters) return undefined;
  try {
    const payload = fromBase64Url(match[1]!);
    const signature = fromBase64Url(match[2]!);
    if (!(await isSigned(payload, signature, keys))) return undefined;
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    const claims = TokenClaimsSchema.parse(JSON.parse(text));
    return new TextDecoder().decode(spell(claims)) === text ? claims : undefined;
  } catch {
    return undefined;
  }
}

async function isSigned(payload: Uint8Array, signature: Uint8Array, keys: KeySet): Promise<boolean> {
  const signed = preAuthEncoding(payloadType, payload);
  for (const keyId of keys.keyIds) if (await keys.verify(keyId, signature, signed)) return true;
  return false;
}
