// onnxruntime as the oracle of the ONNX importer's tests: WebAssembly, one thread. Tests only.

import * as ort from 'onnxruntime-web';
import { fromFloat16, toFloat16 } from '../../tensors/index.ts';
import { decodeModel, modelType } from './onnx-schema.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export interface OrtInput {
  values: Float32Array;
  /** As the model wants it, [n, c, h, w]. */
  dims: number[];
}

/** A model with further values among its outputs: inner places that a test wants to see. */
export function withOutputs(bytes: Uint8Array, names: string[]): Uint8Array {
  const model = decodeModel(bytes);
  const outputs = model.graph.output ?? [];
  for (const name of names) if (!outputs.some((output) => output.name === name)) outputs.push({ name });
  model.graph.output = outputs;
  return modelType.encode(model).finish();
}

/** A model loaded once, to be asked about several inputs. */
export interface Oracle {
  /** The values of the named outputs, as ONNX lays them out, with their shapes. */
  run(input: OrtInput): Promise<{ values: Float32Array; dims: readonly number[] }[]>;
  release(): Promise<void>;
}

/** Loads `bytes` into onnxruntime and reads the values called `names`. */
export async function oracleOf(bytes: Uint8Array, names: string[]): Promise<Oracle> {
  const session = await ort.InferenceSession.create(withOutputs(bytes, names), {
    executionProviders: ['wasm'],
    // Inner values must exist as the file has them, and batch-norms must not be folded for us.
    graphOptimizationLevel: 'disabled',
  });
  const [info] = session.inputMetadata;
  const half = info?.isTensor === true && info.type === 'float16';
  return {
    async run({ values, dims }) {
      const tensor = half
        ? new ort.Tensor('float16', toFloat16(values) as unknown as Uint16Array, dims)
        : new ort.Tensor('float32', values, dims);
      const outputs = await session.run({ [session.inputNames[0]!]: tensor });
      return names.map((name) => {
        const { data, dims: shape } = outputs[name]!;
        return { values: toFloat32(data), dims: shape };
      });
    },
    release: () => session.release(),
  };
}

function toFloat32(data: ort.Tensor['data']): Float32Array {
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array) return fromFloat16(data);
  return Float32Array.from(data as ArrayLike<number>);
}

/** [h, w, c] → [c, h, w] */
export function toNchw(values: ArrayLike<number>, channels: number): Float32Array {
  const area = values.length / channels;
  return Float32Array.from({ length: values.length }, (_, i) => {
    return values[(i % area) * channels + Math.floor(i / area)]!;
  });
}

/** [c, h, w] → [h, w, c] */
export function toNhwc(values: ArrayLike<number>, channels: number): Float32Array {
  const area = values.length / channels;
  return Float32Array.from({ length: values.length }, (_, i) => {
    return values[(i % channels) * area + Math.floor(i / channels)]!;
  });
}
