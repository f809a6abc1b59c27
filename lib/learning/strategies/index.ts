export { type Attempt, auto } from './auto.ts';
export { fineTune, layersToTrain, specOf } from './fine-tune.ts';
export { type MovingLayers, movingLayers } from './layers.ts';
export { linearEarly } from './linear-early.ts';
export { type LinearStart, linearStart } from './linear-start.ts';
export type { StrategyParts, StrategyRun, Trained } from './parts.ts';
export { type PublishedTail, publishTail } from './publish-tail.ts';
export { requireTailFits, tailNeeds } from './tail-fits.ts';
export { trainStrategy } from './train-strategy.ts';
