export { applyHead, computeLogits, type Prediction, predict, type Scores, softmax } from './apply.ts';
export { checkGoldens, type Golden, goldens } from './goldens.ts';
export {
  type Head,
  type HeadKind,
  headFormat,
  maxClasses,
  maxDims,
  maxHeadBytes,
  readHead,
  writeHead,
} from './head.ts';
