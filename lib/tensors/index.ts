export * from './base64.ts';
export * from './digest.ts';
export * from './float16.ts';
export * from './joined.ts';
export * from './json.ts';
export * from './safetensors.ts';
