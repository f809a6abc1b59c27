// DSSE envelopes (Dead Simple Signing Envelope, protocol v1). The signature covers the payload's exact bytes
// and its type, so nothing is ever parsed, re-serialised or trusted before it has been verified.

import { type Envelope, EnvelopeSchema } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import { fromBase64, fromJson, toBase64, toJson } from '../tensors/index.ts';
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
  const payload = toJson(document);
  const signature = await signer.sign(preAuthEncoding(payloadType, payload));
  const envelope: Envelope = {
    payloadType,
    payload: toBase64(payload),
    signatures: [{ keyid: signer.keyId, sig: toBase64(signature) }],
  };
  return toJson(envelope);
}

/**
 * Verifies an envelope and parses its payload.
 *
 * @throws HeadwaterError `bad-signature` when it is no envelope, of another type, or not signed by a known key.
 */
export async function unseal(bytes: Uint8Array, payloadType: string, verifier: Verifier): Promise<unknown> {
  const envelope = readEnvelope(bytes);
  if (envelope.payloadType !== payloadType)
    throw refused(`its type is ${JSON.stringify(envelope.payloadType.slice(0, 100))}`);
  const signed = preAuthEncoding(payloadType, envelope.payload);
  for (const { keyId, signature } of envelope.signatures)
    if (await verifier.verify(keyId, signature, signed)) return parsePayload(envelope.payload);
  throw refused('no key that is trusted here has signed it');
}

interface OpenEnvelope {
  payloadType: string;
  payload: Uint8Array;
  signatures: { keyId: string; signature: Uint8Array }[];
}

function readEnvelope(bytes: Uint8Array): OpenEnvelope {
  try {
    const { payloadType, payload, signatures } = EnvelopeSchema.parse(fromJson(bytes));
    return {
      payloadType,
      payload: fromBase64(payload),
      signatures: signatures.map(({ keyid, sig }) => ({ keyId: keyid, signature: fromBase64(sig) })),
    };
  } catch {
    throw refused('it is not a DSSE envelope');
  }
}

function parsePayload(payload: Uint8Array): unknown {
  try {
    return fromJson(payload);
  } catch {
    throw refused('it is signed, but its payload is not JSON');
  }
}

const refused = (why: string) =>
  new HeadwaterError('bad-signature', `A stored document was refused: ${why}.`);
