// Inference on one image: what heads say of it.

import type { Verdict } from '../../lib/contract/index.ts';
import { isNone, predict } from '../../lib/heads/index.ts';
import type { Answering } from './current-head.ts';
import type { Services } from './services.ts';

/**
 * What each head says of an image, in their order. Heads on the same taps share its decoding and its code.
 *
 * @param topK how many labels to name; all if left out
 */
export async function classify(
  { coder }: Pick<Services, 'coder'>,
  heads: Answering[],
  bytes: Uint8Array,
  topK?: number,
): Promise<Verdict[]> {
  const coded = await coder.codes(
    bytes,
    heads.map(({ place }) => place),
  );
  return heads.map(({ head, confidence }, i) => {
    const { code } = coded[i]!;
    const none = isNone(head, code);
    return { predictions: predict(head, code, topK), ...(none !== undefined && { none }), confidence };
  });
}
