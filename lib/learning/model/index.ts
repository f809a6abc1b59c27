export { freshBatchNorm } from './fresh-batch-norm.ts';
export { activationGradient } from './fused-layers.ts';
export { createModel, type Gradients, type Model } from './model.ts';
export * from './model-spec.ts';
export { headSlots, type ModelOptions, modelSpec } from './model-spec-of.ts';
export { graphWith, headOf, initialParameters, type Start } from './parameters.ts';
