export * from './backbone.ts';
export * from './backbone-library.ts';
export * from './coder.ts';
export * from './make-backbone.ts';
export * from './publish-backbone.ts';
export * from './shared-load.ts';
export * from './turnstile.ts';
