// A trained tail in every arithmetic that it may be published in: the trunk's own, and float32. Integers take the range of
// every value from maps of training examples, without augmentation.

import { HeadwaterError } from '../../errors/index.ts';
import { type Graph, optimise, type Tap } from '../../graph/index.ts';
import { measureStatistics } from '../../inference/calibrate/index.ts';
import {
  type ArithmeticKind,
  compileWith,
  type Program,
  programOf,
  type ValueStatistics,
} from '../../inference/index.ts';
import { sampleExamples } from '../open-set-sample.ts';
import type { LabelledCodes } from '../train-head.ts';

/** Maps that ranges are measured on, at most; a hundred photographs settle them. */
const maxMeasured = 100;
/** Maps that tell how large the input is, which is all that float32 needs to know, for its golden map. */
const enoughForExtent = 8;

/** A trained tail, folded for running. */
export interface FoldedTail {
  graph: Graph;
  /** Where its code is read. */
  tap: Tap;
  /** Side of the map that it reads. */
  size: number;
}

/** Folds batch-norm and fuses activations. */
export function foldTail(trained: Graph, output: Tap, size: number): FoldedTail {
  const { graph, outputs } = optimise(trained, [output]);
  return { graph, tap: { op: outputs[0]!, pooling: output.pooling }, size };
}

/** Training examples to measure on: all, or a sample in which every label is. */
export function examplesToMeasure(
  { labels, labelNames }: Pick<LabelledCodes, 'labels' | 'labelNames'>,
  train: readonly number[],
  trunk: ArithmeticKind,
  seed: number,
): number[] {
  const mine = Int32Array.from(train, (i) => labels[i]!);
  const most = trunk === 'float32' ? enoughForExtent : maxMeasured;
  return sampleExamples(mine, labelNames.length, seed, most).rows.map((row) => train[row]!);
}

/** Statistics of the tail's values over maps [size, size, channels]. */
export const measureTail = (
  { graph, size }: FoldedTail,
  maps: AsyncIterable<Float32Array>,
  kernels: WebAssembly.Module,
): Promise<ReadonlyMap<string, ValueStatistics>> =>
  measureStatistics(graph, size, maps, compileWith(kernels));

/** Programs by preference: integers, where the trunk has them and the tail's layers allow it, then float32. */
export function tailPrograms(
  { graph, tap, size }: FoldedTail,
  trunk: ArithmeticKind,
  values: ReadonlyMap<string, ValueStatistics>,
): Program[] {
  const options = { size, taps: [tap] };
  const float32 = programOf(graph, { ...options, arithmetic: 'float32' });
  if (trunk === 'float32') return [float32];
  try {
    // The program holds all that came of the ranges; no file of them is stored, so none is named.
    const quantisation = { digest: '', values };
    return [programOf(graph, { ...options, arithmetic: trunk, quantisation }), float32];
  } catch (error) {
    if (error instanceof HeadwaterError && error.type === 'unsupported-graph') return [float32];
    throw error;
  }
}
