export * from './job.ts';
export * from './machine.ts';
