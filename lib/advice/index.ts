export { type AdviceFacts, advise } from './advise.ts';
export * from './thresholds.ts';
