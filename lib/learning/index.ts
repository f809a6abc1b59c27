export type { Split } from './arrange.ts';
export { type Folds, type Group, makeFolds, maxFolds } from './folds.ts';
export { computeMetrics, type Judgements } from './metrics.ts';
export type { Metrics, StrengthScore, TrainingReport } from './report.ts';
export { type LabelledCodes, type TrainedHead, trainHead } from './train-head.ts';
export {
  defaultStrength,
  defaultStrengths,
  type LinearResult,
  type LinearTraining,
  type RunOptions,
  trainLinear,
  trainLinearSteps,
} from './train-linear.ts';
