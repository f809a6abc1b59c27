export { exp, log } from './exp-log.ts';
export {
  type InverseCurvature,
  type LbfgsOptions,
  type LbfgsResult,
  lbfgs,
  type Objective,
} from './lbfgs.ts';
export { leadingEigen } from './leading-eigen.ts';
export { createLinalg, type Linalg, type Workspace } from './linalg.ts';
export { candidateBlock, pivotedCholesky, type RowFactor } from './pivoted-cholesky.ts';
export { principalDirections } from './principal-directions.ts';
export { createRng, type Rng, shuffle } from './rng.ts';
export { relay, type Steps } from './steps.ts';
export { type Eigen, symmetricEigen } from './symmetric-eigen.ts';
