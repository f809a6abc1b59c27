export * from './api-keys.ts';
export * from './dsse.ts';
export * from './key-ring.ts';
export * from './keys.ts';
export * from './request-signature.ts';
export * from './rights.ts';
export * from './ring-cache.ts';
export * from './tokens.ts';
