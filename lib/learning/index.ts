export type { Split } from './arrange.ts';
export { nestedProbabilities } from './calibrate.ts';
export { expectedCalibrationError } from './calibration-error.ts';
export { type Folds, type Group, makeFolds, maxFolds } from './folds.ts';
export { computeMetrics, type Judgements } from './metrics.ts';
export { fitOpenSet, type OpenSetData, type OpenSetFit } from './open-set.ts';
export type { Metrics, StrengthScore, TrainingReport } from './report.ts';
export { type RunOptions, runSteps } from './run-steps.ts';
export { type LabelledCodes, type TrainedHead, trainHead } from './train-head.ts';
export { type LinearResult, trainLinear, trainLinearSteps } from './train-linear.ts';
export {
  defaultStrength,
  defaultStrengths,
  type LinearStart,
  type LinearTraining,
} from './training-settings.ts';
