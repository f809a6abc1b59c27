// s3-node.ts is imported by its own name, because it needs Node; the conformance suite, because it needs vitest.
export { compareKeys, maxKeyBytes } from './checks.ts';
export * from './faults.ts';
export * from './faulty.ts';
export * from './memory.ts';
export { maxMetadataBytes } from './metadata.ts';
export * from './object-store.ts';
export * from './r2.ts';
export * from './several.ts';
