// The training loop: batches through an engine, AdamW, a look at the held-out examples now and then, the best weights at the
// end. What happens in a step follows from the request and the step's number alone, so a process that takes up another's
// checkpoint comes to the same weights, to the bit where the engine's are.

import { HeadwaterError } from '../../errors/index.ts';
import type { GradientEngine } from '../gradients/gradient-engine.ts';
import type { ModelSpec } from '../model/model-spec.ts';
import { ahead } from './ahead.ts';
import { type Course, courseOf, trainingBatch } from './batches.ts';
import { logitsOf } from './evaluate.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { CheckpointStore, TuningInputs } from './inputs.ts';
import { keepCheckpoints } from './keep-checkpoints.ts';
import { learningRates } from './learning-rates.ts';
import { look } from './look.ts';
import { judgeLogits } from './losses.ts';
import { type LayerMovement, movements } from './movement.ts';
import { progressNote } from './progress-note.ts';
import type { TuningSettings } from './settings.ts';
import { type CurvePoint, freshState, type TuningState } from './state.ts';
import { type StepParts, trainingStep } from './training-step.ts';

export interface TuneRequest {
  spec: ModelSpec;
  /** What training begins from; left as they are. [spec.parameterCount] and [spec.statisticsCount] */
  parameters: Float32Array;
  statistics: Float32Array;
  inputs: TuningInputs;
  /** The caller starts it and closes it. */
  engine: GradientEngine;
  settings: TuningSettings;
  /** Names the data behind `inputs` (snapshot, code space): a checkpoint is taken up only where it is the same. */
  identity: string;
  /** The caller clears it, once what it trains for is done. */
  checkpoints?: CheckpointStore | undefined;
  /** Told of a checkpoint that could not be saved, which costs time should the process die; left out, it ends the training. */
  onCheckpointFailure?: ((error: unknown) => void) | undefined;
  /** Looked at before each step, and before each input. */
  signal?: { readonly aborted: boolean } | undefined;
  /** Of this training, 0..1, after each step, with what it has come to in words. */
  onProgress?: ((progress: number, note: string) => void) | undefined;
  /** Milliseconds. */
  clock?: (() => number) | undefined;
}

export interface Tuned {
  /** With the lowest held-out loss; the last ones where nothing is held out. */
  parameters: Float32Array;
  statistics: Float32Array;
  /** Step that they are from; 0: nothing was better than what it began with. */
  bestStep: number;
  /** [nHeldOut, classes], of these weights. */
  heldOutLogits: Float32Array;
  curves: CurvePoint[];
  /** Of these weights on training examples without augmentation, at most `gapExamples` of them. */
  trainAccuracy: number;
  /** Training accuracy − held-out accuracy of these weights; null where nothing is held out. */
  gap: number | null;
  moved: LayerMovement[];
  /** Of all processes that had a part in it. */
  seconds: number;
  steps: number;
  stoppedBy: StoppedBy;
}

export type StoppedBy = 'epochs' | 'steps' | 'patience';

/**
 * Trains to the end, from a checkpoint if there is one of this very training.
 *
 * @throws HeadwaterError `cancelled` by the signal; `training-diverged`; what inputs, engine and `checkpoints.load` throw
 */
export async function tune(request: TuneRequest): Promise<Tuned> {
  const { spec, engine, settings, signal, clock = () => performance.now() } = request;
  const check = () => {
    if (signal?.aborted) throw new HeadwaterError('cancelled', 'The training was cancelled.');
  };
  const inputs = whileGoingOn(request.inputs, check);
  if (inputs.trainLabels.length === 0) throw new RangeError('there are no training examples');
  const course = courseOf(inputs.trainLabels.length, settings);
  const parts: StepParts = { spec, engine, settings, course, rates: learningRates(spec, settings) };
  const tell = (state: TuningState) =>
    request.onProgress?.(state.step / course.totalSteps, progressNote(state, course));
  const keeper = keepCheckpoints(request.checkpoints, await fingerprintOf(request), {
    everySeconds: settings.checkpointSeconds,
    clock,
    onFailure: request.onCheckpointFailure,
  });

  const state = (await keeper.load()) ?? freshState(request);
  const began = clock() - state.seconds * 1000;
  // Fresh weights are not looked at: nobody wants to go back to those.
  if (state.step === 0 && spec.batchNorm === 'frozen' && !state.curves.length)
    await look(parts, state, inputs, check);
  tell(state);
  if (!ending(state, course, settings))
    for await (const batch of ahead(state.step, course.totalSteps, (step) =>
      trainingBatch(inputs, step, course, settings.seed),
    )) {
      check();
      await trainingStep(parts, state, batch);
      if (isLook(state.step, course, settings)) await look(parts, state, inputs, check);
      const ended = ending(state, course, settings) !== null;
      state.seconds = (clock() - began) / 1000;
      await keeper.save(state, ended);
      tell(state);
      if (ended) break;
    }
  return conclude({ ...request, inputs }, state, course, check);
}

/** Inputs that are made no more once `check` throws: a batch of photos may take many seconds. */
function whileGoingOn(inputs: TuningInputs, check: () => void): TuningInputs {
  const checked =
    <A extends unknown[], T>(make: (...args: A) => Promise<T>) =>
    async (...args: A) => {
      check();
      return make(...args);
    };
  return {
    ...inputs,
    training: checked(inputs.training),
    plain: checked(inputs.plain),
    heldOut: checked(inputs.heldOut),
  };
}

function isLook(
  step: number,
  { stepsPerEpoch, totalSteps }: Course,
  { evaluateEvery }: TuningSettings,
): boolean {
  return step === totalSteps || step % (evaluateEvery ?? stepsPerEpoch) === 0;
}

/** Why it ends after this step, from the state alone: a resumed training must come to the same end. */
function ending(state: TuningState, course: Course, settings: TuningSettings): StoppedBy | null {
  const { step, best, curves } = state;
  const { stepsPerEpoch, totalSteps } = course;
  const looked = curves.at(-1)?.step === step;
  if (looked && best && step - best.step >= settings.patience * stepsPerEpoch) return 'patience';
  if (step < totalSteps) return null;
  return totalSteps < settings.epochs * stepsPerEpoch ? 'steps' : 'epochs';
}

async function conclude(
  { spec, parameters, inputs, engine, settings }: TuneRequest,
  state: TuningState,
  course: Course,
  check: () => void,
): Promise<Tuned> {
  const { best, curves, seconds, step } = state;
  const weights = best?.weights ?? state.weights;
  const trainAccuracy = await plainAccuracy();
  const heldOut = curves.find((point) => point.step === best?.step)?.heldOutAccuracy ?? null;
  return {
    ...weights,
    bestStep: best?.step ?? step,
    heldOutLogits: best?.logits ?? new Float32Array(),
    curves,
    trainAccuracy,
    gap: heldOut === null ? null : trainAccuracy - heldOut,
    moved: movements(spec, parameters, weights.parameters, settings),
    seconds,
    steps: step,
    stoppedBy: ending(state, course, settings)!,
  };

  /** On training examples evenly spread over all of them. */
  async function plainAccuracy(): Promise<number> {
    const { shape, trainLabels } = inputs;
    const n = Math.min(settings.gapExamples, trainLabels.length);
    const example = (k: number) => Math.floor((k * trainLabels.length) / n);
    const examples = { n, shape, classes: spec.classes, input: (k: number) => inputs.plain(example(k)) };
    const logits = await logitsOf(engine, weights, examples, check);
    const labels = Int32Array.from({ length: n }, (_, k) => trainLabels[example(k)]!);
    return judgeLogits(logits, labels, spec.classes, spec.loss).accuracy;
  }
}
