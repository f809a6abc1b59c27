// What a training tells about itself: plain data, the same bits for the same input (so no times in it).

/** How well a set of examples was predicted by a model that had not seen them. */
export interface Metrics {
  /** Examples judged. */
  n: number;
  accuracy: number;
  /** Mean recall of the labels that were judged: every label counts the same, however many images it has. */
  balancedAccuracy: number;
  /** Mean of −ln(probability of the true label), in nats. */
  logLoss: number;
  /** In label order. Where a quotient has nothing below the line it is 0. */
  perClass: { label: string; precision: number; recall: number; f1: number; support: number }[];
  /** Counts: rows are the true label, columns the predicted one, both in label order. */
  confusion: number[][];
}

/** One candidate of the search for the strength, judged on out-of-fold predictions. */
export interface StrengthScore {
  strength: number;
  logLoss: number;
  accuracy: number;
}

/** How the logits of the published head became probabilities, and what that is worth. */
export interface CalibrationReport {
  /** `none`: softmax of the logits as they are. */
  method: 'none' | 'temperature' | 'platt';
  /** `held-out`: where a tail was trained, since no fold is; `kept`: taken from the head that a warm start began from. */
  from: 'out-of-fold' | 'held-out' | 'kept' | 'none';
  /** Predictions that it was fitted on, or would have been; 0 where nothing was judged. */
  n: number;
  /** Expected calibration error in 10 bins of equal mass; null where nothing was judged. */
  eceBefore: number | null;
  /** The same of calibrated probabilities, each fold's calibrated by the other folds' predictions. */
  ece: number | null;
  /** In nats, before and after, as the two above. */
  logLossBefore: number | null;
  logLossAfter: number | null;
  /** Why there is no calibration, or why it was not measured. */
  reason: string | null;
}

export interface TrainingReport {
  /** All examples; the published head is fitted on every one of them. */
  examples: number;
  labels: { label: string; count: number }[];
  dims: number;
  fittedOn: 'all';
  /** C of the published head: the weight of the data against ½‖W‖². */
  strength: number;
  /** `cross-validation`, `given` by the caller, `kept` from the head that a warm start began from, or `default`
   *  where too little could be judged to choose by. */
  strengthFrom: 'cross-validation' | 'given' | 'kept' | 'default';
  classWeights: 'none' | 'balanced';
  /** Every strength that was judged on all folds, ascending; clearly worse ones are given up before. Empty without
   *  cross-validation. */
  strengths: StrengthScore[];
  /** Folds of the cross-validation; 0 without one. */
  folds: number;
  /** Training examples that no fold may hold out, because their class would vanish with them. */
  neverJudged: number;
  /** Held-out examples used for training, because their class has no other. */
  movedToTraining: number;
  /** Of the fit on all examples. */
  iterations: number;
  converged: boolean;
  /** ‖∇ of the kind's objective‖₂ at the published head, by weights and intercepts of standardised codes. */
  gradientNorm: number;
  /** The held-out split, judged by a model fitted on the training split alone, at `strength`. */
  heldOut: Metrics | null;
  /** Why there is no `heldOut`. */
  heldOutReason: string | null;
  /** The training split, each example judged by the fold model that had not seen it, at `strength`. */
  outOfFold: Metrics | null;
  outOfFoldReason: string | null;
  /** Probabilities in `heldOut` and `outOfFold` are calibrated as this says. */
  calibration: CalibrationReport;
}
