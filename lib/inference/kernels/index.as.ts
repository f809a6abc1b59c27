// The kernels' module: everything that lib/inference/kernels.ts lists.

export { relaxed } from './build.as';
