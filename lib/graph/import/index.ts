export type { Imported, ImportOptions } from './imported.ts';
export * from './onnx.ts';
export * from './tfjs.ts';
