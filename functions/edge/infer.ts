// Inference on one image: what a head says of it, or its code.

import { tapOf } from '../../lib/codes/index.ts';
import { type Prediction, predict } from '../../lib/heads/index.ts';
import { currentHead } from './current-head.ts';
import type { Services } from './services.ts';

export interface Classified {
  head: string;
  version: number;
  predictions: Prediction[];
  confidence: 'calibrated' | 'uncalibrated';
  /** The version may be older than `maxStaleMs`: storage or control could not be asked. */
  stale: boolean;
}

/** One version of the head answers from start to end. */
export async function classify(
  services: Services,
  head: string,
  bytes: Uint8Array,
  behind: (work: Promise<void>) => void,
): Promise<Classified> {
  const { current, stale } = await currentHead(services, head, behind);
  const { backbone, taps, head: weights, confidence } = current.loaded;
  const loaded = await services.backbones.byDigest(backbone.name, backbone.digest);
  const { code } = await services.coder.code(bytes, loaded, taps);
  return { head, version: current.version, predictions: predict(weights, code), confidence, stale };
}

/** The code of an image at a tap; the deployment's backbone and its default tap where none is named. */
export async function codeAt(
  { coder, backbones }: Pick<Services, 'coder' | 'backbones'>,
  bytes: Uint8Array,
  name?: string,
  tap?: string,
): Promise<{ backbone: string; tap: string; code: Float32Array }> {
  const backbone = await backbones.byName(name);
  const { code } = await coder.code(bytes, backbone, [tapOf(backbone, tap)]);
  return { backbone: backbone.name, tap: tap ?? backbone.card.defaultTap, code };
}
