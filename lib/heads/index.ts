export { applyHead, computeLogits, type Prediction, predict, type Scores } from './apply.ts';
export { type Calibration, probabilitiesOf, softmax } from './calibration.ts';
export { checkGoldens, type Golden, goldens } from './goldens.ts';
export {
  type Head,
  type HeadKind,
  headFormat,
  maxClasses,
  maxDims,
  maxHeadBytes,
  readHead,
  temperatureOf,
  writeHead,
} from './head.ts';
export { compress, isNone, type OpenSet, openSetScore } from './open-set.ts';
export { maxBasisNumbers } from './open-set-file.ts';
export {
  checkTailGolden,
  makeTailGolden,
  maxTailTolerance,
  type RunTail,
  tailGoldenInput,
} from './tail-golden.ts';
