// WebGPU in Node: Dawn, from the package `webgpu`. Only processes of their own import this file: a driver that crashes takes
// its process with it.

import { create, globals } from 'webgpu';

/** What an adapter says of itself. */
export interface AdapterFacts {
  name: string;
  /** A processor that plays a GPU. */
  software: boolean;
}

/** Dawn calls only what its driver declares a CPU a fallback. */
const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|\bwarp\b/i;

/** Puts Dawn where a browser has it. The adapter that tfjs will take, or null where there is none. */
export async function requestAdapter(): Promise<GPUAdapter | null> {
  Object.assign(globalThis, globals);
  const gpu = create([]);
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}

export function adapterFacts({ info }: GPUAdapter): AdapterFacts {
  const { vendor, architecture, device, description } = info;
  const words = [
    device || architecture,
    vendor && !device.startsWith(vendor) ? `by ${vendor}` : '',
    description && `(${description})`,
  ];
  const name =
    words
      .filter(Boolean)
      .join(' ')
      .replace(/-+(?= |$)/g, '') || 'unnamed adapter';
  return { name, software: info.isFallbackAdapter || softwareNames.test(`${name} ${architecture}`) };
}
