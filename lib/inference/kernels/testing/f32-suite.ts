// Everything that the float32 and the data-moving kernels promise, for one build.

import { activationsF32Suite } from './activations-f32.ts';
import { convF32Suite } from './conv-f32.ts';
import { depthwiseF32Suite } from './depthwise-f32.ts';
import { elementwiseF32Suite } from './elementwise-f32.ts';
import { movesSuite } from './moves.ts';
import { pictureSuite } from './picture.ts';
import { poolsSuite } from './pools.ts';

export function f32Suite(module: WebAssembly.Module): void {
  convF32Suite(module);
  depthwiseF32Suite(module);
  elementwiseF32Suite(module);
  activationsF32Suite(module);
  poolsSuite(module);
  movesSuite(module);
  pictureSuite(module);
}
