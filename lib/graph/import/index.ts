export * from './tfjs.ts';
