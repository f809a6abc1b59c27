export { adviseDataset } from './advise-dataset.ts';
export * from './channel-statistics.ts';
export * from './distance.ts';
export { type EvidenceParts, gatherEvidence } from './gather-evidence.ts';
export * from './ladder.ts';
export * from './measure-channels.ts';
export * from './places.ts';
export * from './similarity.ts';
