export { exp, log } from './exp-log.ts';
export { type LbfgsOptions, type LbfgsResult, lbfgs, type Objective } from './lbfgs.ts';
export { createLinalg, type Linalg, type Workspace } from './linalg.ts';
export { createRng, type Rng, shuffle } from './rng.ts';
