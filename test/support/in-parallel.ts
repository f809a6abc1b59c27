// The demonstration's clients serve the tests as well.

export { inParallel } from '../../scripts/demo/in-parallel.ts';
