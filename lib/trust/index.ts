export * from './api-keys.ts';
export * from './dsse.ts';
export * from './keys.ts';
export * from './request-signature.ts';
