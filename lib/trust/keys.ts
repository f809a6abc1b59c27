// Ed25519 keys as JWK (RFC 8037). Artefacts, requests and tokens have keys of their own, so that what is
// stolen in one place signs nothing in another. A key's id is its RFC 7638 thumbprint: nobody chooses it.

import { HeadwaterError } from '../errors/index.ts';
import { toBase64Url, toJson } from '../tensors/index.ts';

export type KeyPurpose = 'artefacts' | 'requests' | 'tokens';
/** Bytes of an Ed25519 signature. */
const signatureBytes = 64;
const purposes: KeyPurpose[] = ['artefacts', 'requests', 'tokens'];

export interface Jwk {
  kty: 'OKP';
  crv: 'Ed25519';
  x: string;
  /** The private part; absent in a public key. */
  d?: string;
}

/** One private key for each purpose. Belongs to the control Worker alone. */
export type SigningKeys = Record<KeyPurpose, Jwk>;
/** Every public key that is trusted for a purpose; more than one while keys are being exchanged. */
export type PublicKeys = Record<KeyPurpose, Jwk[]>;

export interface Signer {
  keyId: string;
  sign(data: Uint8Array): Promise<Uint8Array>;
}

export interface Verifier {
  /** False for an unknown key id as well as for a wrong signature. */
  verify(keyId: string, signature: Uint8Array, data: Uint8Array): Promise<boolean>;
}

/** A verifier that says which keys it has, for what names none. */
export interface KeySet extends Verifier {
  readonly keyIds: readonly string[];
}

/** Fresh keys for every purpose. */
export async function generateSigningKeys(): Promise<SigningKeys> {
  const entries = purposes.map(async (purpose) => {
    const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
    const { x, d } = await crypto.subtle.exportKey('jwk', pair.privateKey);
    return [purpose, { kty: 'OKP', crv: 'Ed25519', x, d }];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** What may be handed out of {@link SigningKeys}. */
export function publicKeysOf(keys: SigningKeys): PublicKeys {
  const strip = ({ kty, crv, x }: Jwk): Jwk[] => [{ kty, crv, x }];
  return Object.fromEntries(purposes.map((p) => [p, strip(keys[p])])) as PublicKeys;
}

/** Parses keys from configuration. @throws HeadwaterError `internal` that names the setting, never its content. */
export function parseKeys<T extends SigningKeys | PublicKeys>(json: string | undefined, setting: string): T {
  try {
    const keys = JSON.parse(json ?? '');
    for (const purpose of purposes)
      for (const key of [keys[purpose]].flat())
        if (key.kty !== 'OKP' || key.crv !== 'Ed25519' || typeof key.x !== 'string')
          throw new Error('not a key');
    return keys;
  } catch {
    throw new HeadwaterError(
      'internal',
      `The setting ${setting} is missing or is not a set of Ed25519 JWKs.`,
    );
  }
}

/** RFC 7638 thumbprint, base64url. */
export async function keyIdOf({ crv, kty, x }: Jwk): Promise<string> {
  const canonical = toJson({ crv, kty, x });
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', canonical)));
}

export async function importSigner(jwk: Jwk): Promise<Signer> {
  const key = await crypto.subtle.importKey('jwk', { ...jwk }, 'Ed25519', false, ['sign']);
  const keyId = await keyIdOf(jwk);
  return {
    keyId,
    sign: async (data) => new Uint8Array(await crypto.subtle.sign('Ed25519', key, data as BufferSource)),
  };
}

export async function importVerifier(jwks: Jwk[]): Promise<KeySet> {
  const keys = new Map<string, CryptoKey>();
  for (const { kty, crv, x } of jwks)
    keys.set(
      await keyIdOf({ kty, crv, x }),
      await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify']),
    );
  return {
    keyIds: [...keys.keys()],
    async verify(keyId, signature, data) {
      const key = keys.get(keyId);
      if (!key || signature.length !== signatureBytes) return false;
      return crypto.subtle.verify('Ed25519', key, signature as BufferSource, data as BufferSource);
    },
  };
}
