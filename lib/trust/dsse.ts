// DSSE envelopes (Dead Simple Signing Envelope, protocol v1). The signature covers the payload's exact bytes
// and its type, so nothing is ever parsed, re-serialised or trusted before it has been verified.

import { type Envelope, EnvelopeSchema } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { fromBase64, toBase64 } from '../tensors/index.ts';
import type { Signer, Verifier } from './keys.ts';

const encoder = new TextEncoder();

/** Pre-authentication encoding: "DSSEv1" SP len(type) SP type SP len(payload) SP payload; lengths in bytes. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = encoder.encode(payloadType);
  const head = encoder.encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `);
  const out = new Uint8Array(head.length + payload.length);
  out.set(head);
  out.set(payload, head.length);
  return out;
}

/** Signs a JSON document. The same document and key give the same bytes, since Ed25519 is deterministic. */
export async function seal(payloadType: string, document: unknown, signer: Signer): Promise<Uint8Array> {
  const payload = encoder.encode(JSON.stringify(document));
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  const envelope: Envelope = {
    payloadType,
    payload: toBase64(payload),
    signatures: [{ keyid: signer.keyId, sig: toBase64(signature) }],
  };
  return encoder.encode(JSON.stringify(envelope));
}

/**
 * Verifies an envelope and parses its payload.
 *
 * @throws HeadwaterError `bad-signature` when it is no envelope, of another type, or not signed by a known key.
 */
export async function unseal(bytes: Uint8Array, payloadType: string, verifier: Verifier): Promise<unknown> {
  const { envelope, payload } = readEnvelope(bytes);
  if (envelope.payloadType !== payloadType)
    throw refused(`its type is ${JSON.stringify(envelope.payloadType.slice(0, 100))}`);
  const signed = preAuthEncoding(payloadType, payload);
  for (const { keyid, sig } of envelope.signatures)
    if (await verifier.verify(keyid, fromBase64(sig), signed))
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  throw refused('no key that is trusted here has signed it');
}

function readEnvelope(bytes: Uint8Array): { envelope: Envelope; payload: Uint8Array } {
  try {
    const envelope = EnvelopeSchema.parse(
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)),
    );
    return { envelope, payload: fromBase64(envelope.payload) };
  } catch {
    throw refused('it is not a DSSE envelope');
  }
}

const refused = (why: string) =>
  new HeadwaterError('bad-signature', `A stored document was refused: ${why}.`);
