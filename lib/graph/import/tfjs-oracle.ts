// tfjs itself as the oracle of the importer's tests: the same files through its own loaders. Tests only.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { type io, ready, setBackend, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { loadLayersModel, model as modelOf } from '@tensorflow/tfjs-layers';
import type { TfjsModel } from './tfjs.ts';

/** Outputs of the named layers for one source input [size, size, 3], as tfjs computes them. */
export async function tfjsOutputs(
  source: TfjsModel,
  input: Float32Array,
  size: number,
  layers: string[],
): Promise<Float32Array[]> {
  const require = createRequire(import.meta.url);
  setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  await setBackend('wasm');
  await ready();
  const json = source.modelJson as io.ModelJSON;
  const { buffer, byteOffset, byteLength } = source.weights;
  const artifacts: io.ModelArtifacts = {
    modelTopology: json.modelTopology,
    format: json.format,
    weightSpecs: json.weightsManifest.flatMap((group) => group.weights),
    weightData: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer,
  };
  const handler: io.IOHandler = { load: async () => artifacts };
  const image = tensor(input, [1, size, size, 3]);
  if (json.format === 'graph-model') {
    const model = await loadGraphModel(handler);
    return layers.map((layer) =>
      tidy(() => (model.execute(image, layer) as Tensor).dataSync() as Float32Array),
    );
  }
  const model = await loadLayersModel(handler);
  return layers.map((layer) =>
    tidy(() => {
      const part = modelOf({ inputs: model.inputs, outputs: model.getLayer(layer).output });
      return (part.predict(image) as Tensor).dataSync() as Float32Array;
    }),
  );
}
