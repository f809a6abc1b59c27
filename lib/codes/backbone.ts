// A backbone as it is used: parsed, named, with the arithmetic in which its codes are made. The same in the edge and
// in the trainer.

import { type CodeSpace, codeSpaceDigest, type TapData } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import {
  type Card,
  cutAtTaps,
  type Graph,
  inferShapes,
  readBackbone,
  resolveTap,
  type Tap,
} from '../graph/index.ts';
import { pipelineVersion } from '../image/index.ts';
import type { Quantisation } from '../inference/index.ts';
import { type Arithmetic, float32, statedArithmetic } from './arithmetic.ts';

/** What a plan is compiled of. */
export interface Materials {
  graph: Graph;
  /** With an integer arithmetic. */
  quantisation?: Quantisation;
  /** What the graph's file holds of the memory budget; nothing for one that comes with the program. */
  bytes?: number;
}

/** Fetches what a plan is compiled of, again and again, so that nobody has to keep it. */
export type FetchMaterials = (quantisation: string | null) => Promise<Materials>;

export interface Backbone {
  name: string;
  digest: string;
  card: Card;
  /** In which new codes are made. */
  arithmetic: Arithmetic;
  /** @throws HeadwaterError `code-space-unavailable` if the file or that quantisation is gone */
  materials: FetchMaterials;
}

/** One whose graph is at hand. */
export interface ParsedBackbone extends Backbone {
  graph: Graph;
  /** Bytes of its file, which is about what its weights take in memory. */
  bytes: number;
}

/** What names a code space besides the taps. */
export type SpaceFacts = Pick<Backbone, 'digest' | 'card' | 'arithmetic'>;

/**
 * A backbone of a file at hand.
 *
 * @param options.quantisation of the arithmetic that is given
 * @throws HeadwaterError `invalid-file`
 */
export function parseBackbone(
  file: Uint8Array,
  name: string,
  digest: string,
  options: { arithmetic?: Arithmetic; quantisation?: Quantisation } = {},
): ParsedBackbone {
  const { graph, card } = readBackbone(file);
  const { arithmetic = float32, quantisation } = options;
  const materials: FetchMaterials = async (wanted) => {
    if (wanted === null) return { graph };
    if (wanted !== quantisation?.digest) throw quantisationGone(name, wanted);
    return { graph, quantisation };
  };
  return { name, digest, graph, card, bytes: file.byteLength, arithmetic, materials };
}

/**
 * The tap that a caller names (alias, op or `:pre`), or the card's default. An alias is answered from the card,
 * without the graph.
 *
 * @throws HeadwaterError `unknown-tap`; as `materials`
 */
export async function tapOf({ card, materials }: Pick<Backbone, 'card' | 'materials'>, name?: string) {
  const asked = name ?? card.defaultTap;
  if (Object.hasOwn(card.taps, asked)) return tapAt(card.taps[asked]!);
  return tapAt(resolveTap((await materials(null)).graph, card, asked));
}

/** Where codes are read unless somebody says otherwise. */
export const defaultTapOf = ({ card }: Pick<Backbone, 'card'>) => tapAt(card.taps[card.defaultTap]!);

const tapAt = ({ op, pooling, pre = false }: Tap): TapData => ({ op, pooling, pre });

/**
 * The space of the codes that this engine makes of `backbone` at `taps`, in the backbone's arithmetic.
 *
 * @param options.size input side in pixels, if it is not the backbone's own
 */
export function codeSpaceOf(
  { digest, card, arithmetic }: SpaceFacts,
  taps: TapData[],
  { size = card.recipe.size }: { size?: number | undefined } = {},
): CodeSpace {
  return {
    backbone: digest,
    taps,
    arithmetic: statedArithmetic(arithmetic),
    recipe: { ...card.recipe, size },
    imagePipeline: pipelineVersion,
  };
}

/** The same with its digest. */
export async function namedCodeSpace(
  backbone: SpaceFacts,
  taps: TapData[],
  options: { size?: number | undefined } = {},
): Promise<{ space: CodeSpace; digest: string }> {
  const space = codeSpaceOf(backbone, taps, options);
  return { space, digest: await codeSpaceDigest(space) };
}

/** Input sides that a backbone may be used at, besides its own: below, a net sees little; above, an isolate has no room. */
export const otherSizes = { least: 32, most: 1024 } as const;

/**
 * Refuses an input side at which a backbone's taps give no code: a dense layer is bound to the size that it was made
 * for, and a window may be larger than what is left of a small picture. Its own size costs no look at the file.
 *
 * @throws HeadwaterError `bad-request` for a side out of bounds, `unsupported-graph` naming the layer that does not fit
 */
export async function requireSize(
  { card, materials }: Pick<Backbone, 'card' | 'materials'>,
  taps: TapData[],
  size: number,
): Promise<void> {
  if (size === card.recipe.size) return;
  if (!isOtherSize(size))
    throw new HeadwaterError(
      'bad-request',
      `An input side is a whole number from ${otherSizes.least} to ${otherSizes.most}, or the backbone's own, ${card.recipe.size}; not ${size}.`,
      { size },
    );
  inferShapes(cutAtTaps((await materials(null)).graph, taps).graph, size);
}

export const isOtherSize = (size: number): boolean =>
  Number.isInteger(size) && size >= otherSizes.least && size <= otherSizes.most;

export const quantisationGone = (name: string, digest: string) =>
  new HeadwaterError(
    'code-space-unavailable',
    `The quantisation ${digest.slice(0, 12)}… of backbone "${name}" is not in storage any more.`,
  );
