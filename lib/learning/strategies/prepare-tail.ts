// A trained tail on the bench: folded, its values measured, a program for each arithmetic that it may be published in.

import type { CodeSpace } from '../../contract/index.ts';
import type { ArithmeticKind, Program } from '../../inference/index.ts';
import { graphWith, headOf, type ModelSpec } from '../model/index.ts';
import { rest } from './each.ts';
import type { LinearWeights } from './held-out.ts';
import type { MovingLayers } from './layers.ts';
import type { OpenMaps } from './open-maps.ts';
import type { StrategyParts, StrategyRun } from './parts.ts';
import { examplesToMeasure, type FoldedTail, foldTail, measureTail, tailPrograms } from './tail-programs.ts';

export interface TrainedLayers {
  layers: MovingLayers;
  spec: ModelSpec;
  parameters: Float32Array;
  statistics: Float32Array;
}

export interface PreparedTail {
  folded: FoldedTail;
  head: LinearWeights;
  /** By preference: the trunk's integers, where there are any, then float32. */
  programs: Program[];
  /** The largest number of the maps that were measured. */
  most: number;
}

/** @param train examples that it was trained on: its values are measured on some of them */
export async function prepareTail(
  { layers, spec, parameters, statistics }: TrainedLayers,
  train: readonly number[],
  { seed, space }: { seed: number; space: CodeSpace },
  { set, kernels }: Pick<StrategyParts, 'set' | 'kernels'>,
  maps: OpenMaps,
  run: StrategyRun,
): Promise<PreparedTail> {
  const folded = foldTail(graphWith(spec, parameters, statistics), spec.output, layers.inputShape[0]);
  const kind = space.arithmetic.kind as ArithmeticKind;
  const measured = examplesToMeasure(set, train, kind, seed);
  const values = await measureTail(folded, eachMap(measured, maps.read, run), kernels);
  return {
    folded,
    head: headOf(spec, parameters),
    programs: tailPrograms(folded, kind, values),
    most: values.get(folded.graph.input.name)!.most || 1,
  };
}

/** Maps of some examples, one at a time. */
async function* eachMap(
  examples: readonly number[],
  read: (i: number) => Promise<Float32Array>,
  run: StrategyRun,
): AsyncGenerator<Float32Array> {
  for (const [at, i] of examples.entries()) {
    yield await read(i);
    await rest(run, (at + 1) / examples.length);
  }
}
