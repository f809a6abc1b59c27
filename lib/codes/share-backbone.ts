// Sharing a fine-tuned version: its backbone's file, the arithmetic that suits it, both in the bucket under their
// digests. What makes them visible, current.json, is left to whoever may write it: until then nobody points at them.

import type { CurrentBackbone } from '../contract/index.ts';
import { readBackbone } from '../graph/index.ts';
import { measureStatistics } from '../inference/calibrate/index.ts';
import type { Compile } from '../inference/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { chooseArithmetic } from './choose-arithmetic.ts';
import { composeBackbone, type SharedFacts, type TunedVersion } from './compose-backbone.ts';
import { measureArithmetics } from './measure-arithmetics.ts';
import { type BackboneFile, currentOf, putBackboneFiles } from './publish-backbone.ts';
import { makeQuantisation } from './quantise-backbone.ts';

type Pictures = AsyncIterable<Float32Array> | Iterable<Float32Array>;

export interface ShareParts {
  /** Normalised as the version's recipe says, [size, size, c]: some for the ranges of activations, others to measure
   *  each arithmetic on. Without them its codes are made in float32. */
  pictures?: { forRanges: Pictures; forFigures: Pictures } | undefined;
  store: Pick<ObjectStore, 'head' | 'put'>;
  /** One that gives the same bits on every CPU. */
  compile: Compile;
  /** Of the note, an ISO time. */
  at: string;
  /** Called after each picture with how many there were. */
  onPicture?(done: number): void;
}

/**
 * Makes a version a backbone and writes its files.
 *
 * @returns what backbones/<name>/current.json is to say
 * @throws HeadwaterError as {@link composeBackbone}
 */
export async function shareBackbone(
  version: TunedVersion,
  facts: SharedFacts,
  parts: ShareParts,
): Promise<CurrentBackbone> {
  const { digest, file } = await composeBackbone(version, facts, parts.compile);
  const backbone = await inBestArithmetic({ name: facts.name, digest, file }, parts);
  await putBackboneFiles(parts.store, backbone);
  return currentOf(backbone, parts.at);
}

/** The fastest arithmetic whose codes are within its bounds. */
async function inBestArithmetic(
  own: BackboneFile,
  { pictures, compile, onPicture = () => {} }: ShareParts,
): Promise<BackboneFile> {
  if (!pictures) return { ...own, arithmetic: 'float32' };
  const content = readBackbone(own.file);
  let done = 0;
  const tell = () => onPicture(++done);
  const { graph, card } = content;
  const values = await measureStatistics(graph, card.size, pictures.forRanges, compile, tell);
  const made = await makeQuantisation(own, values, compile);
  const measured = [content, made.quantisation, made.kinds, pictures.forFigures, compile, tell] as const;
  const figures = await measureArithmetics(...measured);
  const arithmetic = chooseArithmetic(figures);
  return { ...own, arithmetic, figures, ...(arithmetic !== 'float32' && { quantisation: made }) };
}
