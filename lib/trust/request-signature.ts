// HTTP message signatures (RFC 9421) with Ed25519 between control and trainer: method, path, content digest
// (RFC 9530), creation time and a nonce. The trainer needs no shared secret and refuses replays.

import { HeadwaterError } from '../errors/index.ts';
import { fromBase64, toBase64, toBase64Url } from '../tensors/index.ts';
import type { Signer, Verifier } from './keys.ts';

/** How far the two clocks may be apart, and how long a nonce is remembered. */
export const signatureWindowSeconds = 120;

const components = ['@method', '@path', 'content-digest'] as const;
const encoder = new TextEncoder();

export interface SignableRequest {
  method: string;
  /** Absolute path without the query; requests that are signed have none. */
  path: string;
  body: Uint8Array;
}

const contentDigest = async (body: Uint8Array) =>
  `sha-256=:${toBase64(new Uint8Array(await crypto.subtle.digest('SHA-256', body as BufferSource)))}:`;

function signatureBase(
  request: Omit<SignableRequest, 'body'>,
  digest: string,
  parameters: string,
): Uint8Array {
  return encoder.encode(
    [
      `"@method": ${request.method}`,
      `"@path": ${request.path}`,
      `"content-digest": ${digest}`,
      `"@signature-params": ${parameters}`,
    ].join('\n'),
  );
}

/** The headers that sign a request. `now` in milliseconds. */
export async function signRequest(
  request: SignableRequest,
  signer: Signer,
  now: number,
): Promise<Record<string, string>> {
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
  const list = components.map((c) => `"${c}"`).join(' ');
  const parameters = `(${list});created=${Math.floor(now / 1000)};nonce="${nonce}";keyid="${signer.keyId}";alg="ed25519"`;
  const digest = await contentDigest(request.body);
  const signature = await signer.sign(signatureBase(request, digest, parameters));
  return {
    'content-digest': digest,
    'signature-input': `headwater=${parameters}`,
    signature: `headwater=:${toBase64(signature)}:`,
  };
}

/** Nonces seen within the window. One per verifying process. */
export interface NonceMemory {
  /** True if the nonce is new; it is remembered until `expires` (milliseconds). */
  claim(nonce: string, expires: number, now: number): boolean;
}

export function createNonceMemory(): NonceMemory {
  const seen = new Map<string, number>();
  return {
    claim(nonce, expires, now) {
      for (const [old, until] of seen) if (until < now) seen.delete(old);
      if (seen.has(nonce)) return false;
      seen.set(nonce, expires);
      return true;
    },
  };
}

/** A request of which nothing but the headers has been read. */
export interface ReceivedRequest extends Omit<SignableRequest, 'body'> {
  /** Called only when the signature is good, so that a stranger's body costs nothing. */
  body(): Promise<Uint8Array>;
}

/**
 * The body of a request whose signature and digest are good.
 *
 * @throws HeadwaterError `unauthorized`, saying what is wrong with the signature; whatever `body` throws
 */
export async function verifyRequest(
  request: ReceivedRequest,
  header: (name: string) => string | undefined,
  verifier: Verifier,
  nonces: NonceMemory,
  clock: () => number,
): Promise<Uint8Array> {
  const parameters = /^headwater=(.+)$/.exec(header('signature-input') ?? '')?.[1];
  const signature = /^headwater=:([A-Za-z0-9+/=]+):$/.exec(header('signature') ?? '')?.[1];
  const digest = header('content-digest');
  if (!parameters || !signature || !digest) throw refused('is missing');
  const match =
    /^\("@method" "@path" "content-digest"\);created=(\d{1,12});nonce="([\w-]{8,64})";keyid="([\w-]{1,64})";alg="ed25519"$/.exec(
      parameters,
    );
  if (!match) throw refused('covers other things than method, path, content digest, time and nonce');
  const [, created, nonce, keyId] = match as unknown as [string, string, string, string];
  const checkTime = () => {
    if (Math.abs(clock() / 1000 - Number(created)) > signatureWindowSeconds)
      throw refused('is too old or too new');
  };
  checkTime();
  const signed = signatureBase(request, digest, parameters);
  if (!(await verifier.verify(keyId, signatureBytes(signature), signed)))
    throw refused('does not verify with a key that is trusted here');
  const body = await request.body();
  if (digest !== (await contentDigest(body))) throw refused('is for another body');
  // A body may trickle in for longer than a nonce is remembered.
  checkTime();
  const now = clock();
  if (!nonces.claim(nonce, now + 2 * signatureWindowSeconds * 1000, now)) throw refused('was used before');
  return body;
}

function signatureBytes(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch {
    throw refused('is not base64');
  }
}

const refused = (why: string) => new HeadwaterError('unauthorized', `The request's signature ${why}.`);
