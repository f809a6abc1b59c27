export * from './job.ts';
export * from './machine.ts';
export * from './messages.ts';
