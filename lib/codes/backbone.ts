// A backbone as it is used: parsed, named, with its code spaces. The same in the edge and in the trainer.

import { type CodeSpace, codeSpaceDigest, type TapData } from '../contract/index.ts';
import { type Card, type Graph, readBackbone, resolveTap } from '../graph/index.ts';
import { pipelineVersion } from '../image/index.ts';
import { kernelRevision } from '../inference/index.ts';

export interface Backbone {
  name: string;
  digest: string;
  graph: Graph;
  card: Card;
  /** Bytes of its file, which is about what its weights take in memory. */
  bytes: number;
}

/** @throws HeadwaterError `invalid-file` */
export function parseBackbone(file: Uint8Array, name: string, digest: string): Backbone {
  const { graph, card } = readBackbone(file);
  return { name, digest, graph, card, bytes: file.byteLength };
}

/** The tap that a caller names (alias, op or `:pre`), or the card's default. @throws HeadwaterError `unknown-tap` */
export function tapOf({ graph, card }: Backbone, name?: string): TapData {
  const { op, pooling, pre = false } = resolveTap(graph, card, name);
  return { op, pooling, pre };
}

/** The space of the codes that this engine makes of `backbone` at `taps`. */
export function codeSpaceOf({ digest, card }: Backbone, taps: TapData[]): CodeSpace {
  return {
    backbone: digest,
    taps,
    arithmetic: { kind: 'float32', quantisation: null, kernel: kernelRevision },
    recipe: card.recipe,
    imagePipeline: pipelineVersion,
  };
}

/** The same with its digest. */
export async function namedCodeSpace(
  backbone: Backbone,
  taps: TapData[],
): Promise<{ space: CodeSpace; digest: string }> {
  const space = codeSpaceOf(backbone, taps);
  return { space, digest: await codeSpaceDigest(space) };
}
