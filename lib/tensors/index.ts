export * from './base64.ts';
export * from './digest.ts';
export * from './float16.ts';
export * from './safetensors.ts';
