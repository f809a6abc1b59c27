// `fine-tune-top`, `fine-tune-all` and `from-scratch`: layers move. From the request to a published version: what moves, does
// it fit an edge, a linear head to begin with, the training loop, the tail.

import type { StrategyName, TrainRequest } from '../../contract/index.ts';
import { HeadwaterError } from '../../errors/index.ts';
import { createRng } from '../../linalg/index.ts';
import type { GradientEngine } from '../gradients/gradient-engine.ts';
import { freshBatchNorm, initialParameters, type ModelSpec, modelSpec } from '../model/index.ts';
import { trainHead } from '../train-head.ts';
import {
  courseOf,
  frozenInputs,
  headScaleOf,
  isRefitted,
  pictureInputs,
  resolveTuning,
  type Tuned,
  type TuningInputs,
  type TuningSettings,
  type TuningStrategy,
  tune,
  tuningDefaults,
} from '../tuning/index.ts';
import { requireBatchFits } from './batch-fits.ts';
import type { HeldOut } from './held-out.ts';
import { judgeTail } from './judge-tail.ts';
import { type MovingLayers, movingLayers } from './layers.ts';
import { type LinearStart, linearStart } from './linear-start.ts';
import { openMaps } from './open-maps.ts';
import { partOf, type StrategyParts, type StrategyRun, type Trained } from './parts.ts';
import { publishTail } from './publish-tail.ts';
import { type SplitRows, splitToTune } from './split-rows.ts';
import { type Stage, stagedCheckpoints } from './staged-checkpoints.ts';
import { requireTailFits } from './tail-fits.ts';
import { tuningResult } from './tuning-result.ts';

/** Examples of one shard: what a thread computes at a time. Part of what is computed, so no setting. */
const microBatch = 8;

/** Shares of the progress bar: of the training that is judged, where another one follows; of judging and publishing. */
const judgedShare = 0.55;
const publishShare = 0.1;
/** Share of a training that its inputs take. */
const inputsShare = 0.25;

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
  const settings = settingsOf(strategy, request, parts);
  requireBatchFits(settings, layers, parts.set.labels.length);
  const plan = { strategy, layers, spec: specOf(strategy, layers, request, parts), settings };
  const checkpoints = stagedCheckpoints(parts.checkpoints);
  const isAnew = isRefitted(request.options.tuning, parts.set.labels.length);
  const share = isAnew ? judgedShare : 1 - publishShare;

  const starting = partOf(run, 0, 0, 'a linear head to begin with');
  const linear = await linearStart(request, parts.set, rows, parts.linalg, starting);
  const judged = { ...plan, linear, rows, stage: 'judged' as const };
  const tuned = await train(
    judged,
    request,
    { ...parts, checkpoints: checkpoints.judged },
    partOf(run, 0, share),
  );
  if (tuned.bestStep === 0)
    return linearInstead({ strategy, linear, tuned, began }, request, parts, partOf(run, share, 1 - share));
  const judging = partOf(run, share, publishShare / 2);
  const verdict = await judgeTail({ ...plan, ...tuned }, request, parts, rows, judging);

  const refitting = partOf(run, share + publishShare / 2, 1 - share - publishShare);
  const published = isAnew
    ? await refit({ judged, tuned }, request, { ...parts, checkpoints: checkpoints.published }, refitting)
    : tuned;
  const fittedOn = isAnew ? [...parts.set.labels.keys()] : rows.train;
  const publishing = partOf(run, 1 - publishShare / 2, publishShare / 2);
  const version = await publishTail({ ...plan, ...published }, verdict, request, parts, fittedOn, publishing);
  const seconds = (parts.clock() - began) / 1000;
  const outcome = { ...judged, tuned, verdict, published: version, isRefitted: isAnew, seconds };
  return {
    ...tuningResult(outcome, request, parts),
    heldOut: verdict.heldOut,
    linear: linear.heldOut,
  };
}

/** No step was better than the linear head that training began with: that is what there is to publish. */
async function linearInstead(
  { strategy, linear, tuned, began }: { strategy: string; linear: LinearStart; tuned: Tuned; began: number },
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun,
): Promise<FineTuned> {
  const { blob, result } = await trainHead({ ...request, start: null }, parts.set, null, parts.linalg, run);
  const { curves, steps, bestStep, stoppedBy } = tuned;
  const report = {
    ...result.report,
    seed: request.seed,
    instead: `No step of ${strategy} was better on the held-out examples than the linear head that it began with: this is the linear head.`,
    tuning: { curves, steps, bestStep, stoppedBy },
    run: { seconds: (parts.clock() - began) / 1000, device: parts.device.name },
  };
  return {
    blobs: [{ digest: result.blob.digest, bytes: blob }],
    result: { ...result, report },
    heldOut: linear.heldOut,
    linear: linear.heldOut,
  };
}

/**
 * A training on all examples, held-out ones included, as a linear head is published: for as many passes as were best
 * without them, warm-up and cosine fitted to those.
 */
async function refit(
  { judged, tuned }: { judged: TuningPlan; tuned: Tuned },
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun,
): Promise<Pick<Tuned, 'parameters' | 'statistics'>> {
  const { settings, rows } = judged;
  const everyone = { train: [...parts.set.labels.keys()], heldOut: [], movedToTraining: 0 };
  const strength = request.options.strength ?? judged.linear.strength;
  const asked = { ...request, options: { ...request.options, strength } };
  const starting = partOf(run, 0, 0, 'a linear head of all examples');
  const linear = await linearStart(asked, parts.set, everyone, parts.linalg, starting);
  const passes = tuned.bestStep / courseOf(rows.train.length, settings).stepsPerEpoch;
  const maxSteps = Math.max(1, Math.round(passes * courseOf(everyone.train.length, settings).stepsPerEpoch));
  const plan = {
    ...judged,
    linear,
    rows: everyone,
    settings: { ...settings, epochs: Math.ceil(passes), maxSteps },
    stage: 'published' as const,
  };
  const onProgress = (progress: number, note?: string) =>
    run.onProgress?.(progress, note && `on all examples: ${note}`);
  return train(plan, request, parts, { ...run, onProgress });
}

/** A pretrained head's rate is fitted to its codes; what codes fresh weights will give nobody knows. */
function settingsOf(
  strategy: TuningStrategy,
  { options, seed }: TrainRequest,
  { set, checkpointSeconds }: StrategyParts,
) {
  const saving = checkpointSeconds === undefined ? {} : { checkpointSeconds };
  const headScale = strategy === 'from-scratch' ? 1 : headScaleOf(set.codes, set.dims);
  return resolveTuning(options.tuning, { ...tuningDefaults[strategy], headScale, ...saving }, seed);
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
  stage: Stage;
}

/** Inputs, engine, loop. */
async function train(
  plan: TuningPlan,
  request: TrainRequest,
  parts: StrategyParts,
  run: StrategyRun,
): Promise<Tuned> {
  const { strategy, layers, spec, settings, linear } = plan;
  const share = inputsShare;
  const fresh = strategy === 'from-scratch' ? { fresh: createRng(request.seed) } : { head: linear };
  const maps = await openMaps(layers, request.codeSpaceDocument, parts);
  const tuning = partOf(run, share, 1 - share);
  let engine: GradientEngine | undefined;
  try {
    engine = await parts.startEngine(spec, { microBatch });
    return await tune({
      spec,
      ...initialParameters(spec, fresh),
      inputs: await inputsOf(plan, maps.trunk, request, parts, partOf(run, 0, share)),
      engine,
      settings,
      identity: JSON.stringify([request.snapshot, request.codeSpace, strategy, layers.from, plan.stage]),
      checkpoints: parts.checkpoints,
      onCheckpointFailure: (error) => parts.warn?.(`a checkpoint could not be saved: ${String(error)}`),
      signal: run.signal,
      onProgress: tuning.onProgress,
      clock: parts.clock,
    });
  } finally {
    maps.dispose();
    await engine?.close();
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
