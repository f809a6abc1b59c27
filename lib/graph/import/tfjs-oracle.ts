// tfjs itself as the oracle of the importer's tests: the same files through its own loaders. Tests only.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { type io, ready, setBackend, type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import { loadLayersModel, model as modelOf } from '@tensorflow/tfjs-layers';
import { outputsOf } from '../edges.ts';
import { cosine, evaluate, random } from '../testing.ts';
import { importTfjs, type TfjsModel } from './tfjs.ts';

const plain = { recipe: { mean: [0, 0, 0], scale: [1, 1, 1] } } as {
  recipe: { mean: [number, number, number]; scale: [number, number, number] };
};

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

/** Imported and run at 8 pixels, against tfjs: cosine at the named layer. */
export async function agreement(model: TfjsModel, layer: string): Promise<number> {
  const { graph } = importTfjs(model, plain);
  const input = Float32Array.from({ length: 192 }, random(3));
  const [expected] = await tfjsOutputs(model, input, 8, [layer]);
  return cosine(evaluate(graph, input, 8).get(outputsOf(graph)[0]!)!, expected!);
}
