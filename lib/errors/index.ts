export * from './headwater-error.ts';
