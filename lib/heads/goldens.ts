// Golden codes → logits and open-set score: a few codes and what the head makes of them, signed together with its
// digest. An edge that gets anything else from the same codes does not swap the head in. The codes travel in the golden itself, so
// no kernel or image is involved, the sums are in fixed order, and the comparison is of exact bits: no tolerance.

import { HeadwaterError } from '../errors/index.ts';
import { fromBase64, toBase64 } from '../tensors/index.ts';
import { computeLogits } from './apply.ts';
import type { Head } from './head.ts';
import { openSetScore } from './open-set.ts';

/** All are little-endian, in base64. */
export interface Golden {
  /** float32 [D]. */
  code: string;
  /** float32 [C]. */
  logits: string;
  /** float64, of a head with an open set. */
  score?: string;
}

/** What the head makes of some codes, each [D]. */
export function goldens(head: Head, codes: Float32Array[]): Golden[] {
  return codes.map((code) => ({ code: encode(code), ...proofOf(head, code) }));
}

/**
 * Applies the head to every golden code and compares bits.
 *
 * @throws HeadwaterError `head-refused` at the first difference, or when there is no golden at all.
 */
export function checkGoldens(head: Head, expected: Golden[]): void {
  if (!expected.length) throw refuse('it comes without golden codes');
  for (const [index, golden] of expected.entries()) {
    const { logits, score } = proofOf(head, decode(golden.code, index));
    if (logits !== golden.logits) throw refuse(`golden code ${index} gives other logits`);
    if (score !== golden.score) throw refuse(`golden code ${index} gives another open-set score`);
  }
}

function proofOf(head: Head, code: Float32Array): Omit<Golden, 'code'> {
  const logits = encode(computeLogits(head, code));
  return head.openSet ? { logits, score: encodeNumber(openSetScore(head.openSet, code)) } : { logits };
}

function encodeNumber(value: number): string {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, value, true);
  return toBase64(new Uint8Array(bytes.buffer));
}

function encode(values: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    bytes.setFloat32(4 * i, value, true);
  });
  return toBase64(new Uint8Array(bytes.buffer));
}

function decode(text: string, index: number): Float32Array {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = fromBase64(text);
  } catch {
    throw refuse(`golden code ${index} is not base64`);
  }
  if (bytes.length % 4) throw refuse(`golden code ${index} is not float32`);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

const refuse = (why: string) =>
  new HeadwaterError('head-refused', `The head does not prove itself: ${why}. Publish it again.`);
