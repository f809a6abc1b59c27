// The held-out split: decided by a hash alone, so that an image never changes sides from one version to the
// next, whatever is added, and pictures of one group stay together.

import type { SplitName } from '../contract/index.ts';
import { sha256 } from '../tensors/index.ts';

/**
 * Which side an example is on. Images with the same group are on the same side.
 *
 * @param heldOutFraction share of groups that is held out, 0..0.5
 */
export async function splitOf(
  example: { digest: string; group: string | null },
  heldOutFraction: number,
): Promise<SplitName> {
  // The prefix keeps a group that is named like a digest from colliding with that image.
  const key = example.group === null ? `digest:${example.digest}` : `group:${example.group}`;
  const first48Bits = Number.parseInt((await sha256(`split 1 ${key}`)).slice(0, 12), 16);
  return first48Bits / 2 ** 48 < heldOutFraction ? 'heldout' : 'train';
}
