// What each strategy would cost on this trainer, in seconds: the multiply-adds that it takes, by the rates at which this
// machine has just done some.

import type { Evidence } from '../../contract/index.ts';
import {
  countMultiplyAdds,
  cutAtTaps,
  type Graph,
  inferShapes,
  type Tap,
  tailAfterTap,
} from '../../graph/index.ts';
import { createRng } from '../../linalg/index.ts';
import type { StartEngine } from '../gradients/gradient-engine.ts';
import { modelSpec } from '../model/model-spec-of.ts';
import { initialParameters } from '../model/parameters.ts';
import { rest } from '../strategies/each.ts';
import type { StrategyRun } from '../strategies/parts.ts';
import { isRefitted, tuningDefaults } from '../tuning/settings.ts';
import type { Rung } from './ladder.ts';

/** Multiply-adds a second of a step (its forward pass's; the two backward ones come on top) where none was measured:
 *  two to four cores of today. */
const assumedTrainingRate = 3e9;
/** Of the steps that are measured. */
const batchSize = 16;
const microBatch = 8;
const measuredSteps = 2;
/** A step that would take longer than this is not tried; what was measured of the later layers stands in for it. */
const longestStepSeconds = 15;

export interface CostFacts {
  graph: Graph;
  /** Side of the network's input in pixels. */
  size: number;
  /** Where the codes of the head are read. */
  output: Tap;
  /** From where fine-tune-top would move layers; null where the network cannot be cut. */
  top: Rung | null;
  examples: number;
  classes: number;
  /** Seconds of the linear training that was measured, on all examples. */
  linearSeconds: number;
  /** Of the ladder: its pass over a sample and its heads. */
  ladderSeconds: number;
  /** Multiply-adds a second of inference with photos decoded. */
  forwardRate: number;
}

/** Multiply-adds a second of training layers, forward passes counted. */
export interface TrainingRates {
  top: number;
  all: number;
  measured: boolean;
}

/** Takes a few steps on pictures of noise. Without an engine rates are assumed. @throws HeadwaterError `cancelled` */
export async function trainingRates(
  facts: Pick<CostFacts, 'graph' | 'size' | 'output' | 'top' | 'classes'>,
  startEngine: StartEngine | undefined,
  clock: () => number,
  run: Pick<StrategyRun, 'signal' | 'pause'> = {},
): Promise<TrainingRates> {
  if (!startEngine) return { top: assumedTrainingRate, all: assumedTrainingRate, measured: false };
  const { graph, size, output, top, classes } = facts;
  // With the activation that a `pre` tap reads before: a spec finds its tap by name.
  const whole = cutAtTaps(graph, [{ ...output, pre: false }]).graph;
  const work = workOf(facts);
  const shapes = inferShapes(whole, size);
  const rateOf = async (part: Graph, shape: readonly number[], multiplyAdds: number) => {
    const inputShape = shape as [number, number, number];
    const spec = modelSpec(part, { inputShape, output, classes, loss: 'softmax', batchNorm: 'frozen' });
    const { parameters, statistics } = initialParameters(spec, {});
    const engine = await startEngine(spec, { microBatch });
    try {
      const rng = createRng(1);
      const inputs = Float32Array.from({ length: batchSize * shape.reduce((a, b) => a * b, 1) }, () =>
        rng.uniform(),
      );
      const labels = Int32Array.from({ length: batchSize }, (_, i) => i % classes);
      const step = async () => {
        await engine.step(inputs, labels, parameters, statistics);
        await rest(run, 1);
      };
      await step();
      const began = clock();
      for (let s = 0; s < measuredSteps; s++) await step();
      const seconds = Math.max(1e-4, (clock() - began) / 1000);
      return (measuredSteps * batchSize * multiplyAdds) / seconds;
    } finally {
      await engine.close();
    }
  };
  const ofTop =
    top && (await rateOf(tailAfterTap(whole, top.tap, top.dims), shapes.get(top.tap.op)!, work.top));
  if (ofTop && (batchSize * work.all) / ofTop > longestStepSeconds)
    return { top: ofTop, all: ofTop, measured: true };
  const all = await rateOf(whole, [size, size, graph.input.channels], work.all);
  return { top: ofTop ?? all, all, measured: true };
}

/** Seconds by strategy, in the order of what they move. */
export function costs(facts: CostFacts, rates: TrainingRates): Evidence['cost'] {
  const { graph, size, examples, top, forwardRate, linearSeconds, ladderSeconds } = facts;
  const work = workOf(facts);
  const row = (
    strategy: Evidence['cost'][number]['strategy'],
    seconds: number,
    from: string | null = null,
  ) => ({
    strategy,
    seconds: Number(seconds.toPrecision(3)),
    from,
  });
  const trainings = isRefitted({}, examples) ? 2 : 1;
  const tuned = (strategy: keyof typeof tuningDefaults, multiplyAdds: number, rate: number) =>
    (trainings * tuningDefaults[strategy].epochs * examples * multiplyAdds) / rate + linearSeconds;
  const frozen = tuningDefaults['fine-tune-top'].variants * examples * ((work.all - work.top) / forwardRate);
  const toFinal = workUpTo(graph, graph.taps.final!, size);
  return [
    row('linear', linearSeconds),
    row('linear-early', ladderSeconds + (examples * toFinal) / forwardRate),
    ...(top ? [row('fine-tune-top', frozen + tuned('fine-tune-top', work.top, rates.top), top.name)] : []),
    row('fine-tune-all', tuned('fine-tune-all', work.all, rates.all)),
    row('from-scratch', tuned('from-scratch', work.all, rates.all)),
  ];
}

/** Multiply-adds of one picture, through all layers and through those that fine-tune-top moves. */
function workOf({ graph, size, output, top }: Pick<CostFacts, 'graph' | 'size' | 'output' | 'top'>) {
  const all = workUpTo(graph, output, size);
  return { all, top: top ? Math.max(1, all - workUpTo(graph, top.tap, size)) : all };
}

const workUpTo = (graph: Graph, tap: Tap, size: number) =>
  countMultiplyAdds(cutAtTaps(graph, [tap]).graph, size);
