// `fine-tune-top`, `fine-tune-all` and `from-scratch`: layers move. From the request to a published version: what moves, does
// it fit an edge, a linear head to begin with, the training loop, the tail.

import type { StrategyName, TrainRequest } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import { createRng } from '../../linalg/index.ts';
import { freshBatchNorm, initialParameters, type ModelSpec, modelSpec } from '../model/index.ts';
import type { LabelledCodes } from '../train-head.ts';
import {
  frozenInputs,
  headScaleOf,
  pictureInputs,
  resolveTuning,
  type Tuned,
  type TuningInputs,
  type TuningSettings,
  type TuningStrategy,
  tune,
  tuningDefaults,
} from '../tuning/index.ts';
import type { HeldOut } from './held-out.ts';
import { type MovingLayers, movingLayers } from './layers.ts';
import { type LinearStart, linearStart } from './linear-start.ts';
import { openMaps } from './open-maps.ts';
import { partOf, type StrategyParts, type StrategyRun, type Trained } from './parts.ts';
import { publishTail } from './publish-tail.ts';
import { type SplitRows, splitToTune } from './split-rows.ts';
import { requireTailFits } from './tail-fits.ts';
import { tuningResult } from './tuning-result.ts';

/** Examples of one shard: what a thread computes at a time. Part of what is computed, so no setting. */
const microBatch = 8;

/** Shares of the progress bar; what is left publishes. */
const startShare = 0.02;
const inputsShare = 0.23;
const tuneShare = 0.6;

export interface FineTuned extends Trained {
  /** The published version, and the linear head that it is to be compared with, on the same examples. */
  heldOut: HeldOut;
  linear: HeldOut;
}

/**
 * Trains layers and publishes them.
 *
 * @throws HeadwaterError `tail-too-large` before anything is trained; `too-few-examples` without held-out images;
 * `bad-request`, `unsupported-graph`, `training-diverged`, or `cancelled` by the signal
 */
export async function fineTune(
  strategy: TuningStrategy,
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun = {},
): Promise<FineTuned> {
  const began = parts.clock();
  if (request.options.classWeights !== 'none')
    throw new HeadwaterError(
      'bad-request',
      'Class weights are for linear heads; training layers knows none. Use class weights "none", or strategy linear.',
    );
  const layers = await layersToTrain(strategy, request, parts);
  const rows = splitToTune(parts.set);
  const starting = partOf(run, 0, startShare, 'a linear head to begin with');
  const linear = await linearStart(request, parts.set, rows, parts.linalg, starting);
  const spec = specOf(strategy, layers, request, parts);
  const settings = settingsOf(strategy, request, parts.set);
  const tuned = await train(
    { strategy, layers, spec, settings, linear, rows },
    request,
    parts,
    partOf(run, startShare, inputsShare + tuneShare),
  );
  const before = startShare + inputsShare + tuneShare;
  const { parameters, statistics } = tuned;
  const published = await publishTail(
    { layers, spec, parameters, statistics },
    request,
    parts,
    rows,
    partOf(run, before, 1 - before),
  );
  const seconds = (parts.clock() - began) / 1000;
  return {
    ...tuningResult({ strategy, layers, linear, settings, tuned, published, rows, seconds }, request, parts),
    heldOut: published.head.heldOut,
    linear: linear.heldOut,
  };
}

/** A pretrained head's rate is fitted to its codes; what codes fresh weights will give nobody knows. */
function settingsOf(strategy: TuningStrategy, { options, seed }: TrainRequest, set: LabelledCodes) {
  const headScale = strategy === 'from-scratch' ? 1 : headScaleOf(set.codes, set.dims);
  return resolveTuning(options.tuning, { ...tuningDefaults[strategy], headScale }, seed);
}

/** What moves, refused if no edge could ever run it. */
export function layersToTrain(
  strategy: StrategyName,
  request: TrainRequest,
  parts: Pick<StrategyParts, 'backbone' | 'maxEdgeBytes'>,
): Promise<MovingLayers> {
  return requireTailFits(movingLayers(request, strategy, parts), request.codeSpaceDocument, parts);
}

/** The model of the layers. From scratch, a network whose batch-norm was folded away gets one back, and learns with it. */
export function specOf(
  strategy: TuningStrategy,
  { graph, inputShape, to }: MovingLayers,
  { kind }: Pick<TrainRequest, 'kind'>,
  { set }: Pick<StrategyParts, 'set'>,
): ModelSpec {
  const isFresh = strategy === 'from-scratch';
  return modelSpec(isFresh ? freshBatchNorm(graph) : graph, {
    inputShape,
    output: to,
    classes: set.labelNames.length,
    loss: kind,
    batchNorm: isFresh ? 'batch' : 'frozen',
  });
}

export interface TuningPlan {
  strategy: TuningStrategy;
  layers: MovingLayers;
  spec: ModelSpec;
  settings: TuningSettings;
  linear: LinearStart;
  rows: SplitRows;
}

/** Inputs, engine, loop. */
async function train(
  plan: TuningPlan,
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun,
): Promise<Tuned> {
  const { strategy, layers, spec, settings, linear } = plan;
  const share = inputsShare / (inputsShare + tuneShare);
  const fresh = strategy === 'from-scratch' ? { fresh: createRng(request.seed) } : { head: linear };
  const maps = await openMaps(layers, request.codeSpaceDocument, parts);
  const engine = await parts.startEngine(spec, { microBatch });
  try {
    const tuning = partOf(run, share, 1 - share);
    return await tune({
      spec,
      ...initialParameters(spec, fresh),
      inputs: await inputsOf(plan, maps.trunk, request, parts, partOf(run, 0, share)),
      engine,
      settings,
      identity: JSON.stringify([request.snapshot, request.codeSpace, strategy, layers.from]),
      checkpoints: parts.checkpoints,
      signal: run.signal,
      onProgress: tuning.onProgress,
      clock: parts.clock,
    });
  } finally {
    await engine.close();
    maps.dispose();
  }
}

/** Maps of the frozen layers, made beforehand, or pictures. */
async function inputsOf(
  { layers, settings, rows }: TuningPlan,
  trunk: Awaited<ReturnType<typeof openMaps>>['trunk'],
  { codeSpaceDocument }: TrainRequest,
  { image, set, pipeline, cache, backbone }: StrategyParts,
  { onProgress, signal }: StrategyRun,
): Promise<TuningInputs> {
  const { train, heldOut } = rows;
  const { digests, labels } = set;
  const { recipe, arithmetic } = codeSpaceDocument;
  const pictures = { image, digests, labels, train, heldOut, pipeline, recipe, settings, cache };
  if (!trunk) return pictureInputs(pictures);
  const trunkKey = JSON.stringify([backbone.digest, arithmetic, layers.from, recipe]);
  return frozenInputs({ ...pictures, trunk, trunkKey, onProgress, signal });
}
