export * from './example-index.ts';
export * from './read-snapshot.ts';
export * from './rebuild.ts';
export * from './segments.ts';
export * from './snapshot.ts';
export * from './split.ts';
export * from './sql.ts';
