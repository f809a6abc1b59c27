export { type Augmentation, mildAugmentation } from './augment.ts';
export { courseOf } from './batches.ts';
export { type FrozenPictures, frozenInputs } from './frozen-inputs.ts';
export type { ArrayCache, CheckpointStore, TuningInputs } from './inputs.ts';
export { headScaleOf } from './learning-rates.ts';
export { type Judged, judgeLogits } from './losses.ts';
export { memoryCache } from './memory-cache.ts';
export type { LayerMovement } from './movement.ts';
export { pictureInputs } from './picture-inputs.ts';
export type { TuningPictures } from './pictures.ts';
export {
  isRefitted,
  resolveTuning,
  type TuningSettings,
  type TuningStrategy,
  tuningDefaults,
} from './settings.ts';
export type { CurvePoint } from './state.ts';
export { type StoppedBy, type Tuned, type TuneRequest, tune } from './tune.ts';
