export function init(module: WebAssembly.Module): Promise<void>;
export function decode(
  bytes: ArrayBuffer,
): Promise<{ data: Uint8ClampedArray; width: number; height: number }>;
export const module: WebAssembly.Module;
