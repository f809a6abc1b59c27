// TensorFlow Lite's WebAssembly with XNNPACK, as @tensorflow/tfjs-tflite ships it, on a .tflite file. The package
// expects a browser; its module runs in Node when it is handed its bytes.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { peerFile } from './peers.ts';

interface Runner {
  GetInputs(): { get(i: number): { data(): Uint8Array } };
  Infer(): boolean;
}
interface TfliteModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(
      at: number,
      bytes: number,
      options: object,
    ): { ok(): boolean; value(): Runner };
  };
}

/** Loads a model; the answer runs it once on whatever its input holds. */
export async function tflite(model: Uint8Array): Promise<() => void> {
  const script = peerFile('@tensorflow/tfjs-tflite/wasm/tflite_web_api_cc_simd.js');
  const parameters = ['require', '__dirname', 'exports', 'module'];
  const body = `${readFileSync(script, 'utf8')};return tflite_web_api_ModuleFactory;`;
  const factory = new Function(...parameters, body)(createRequire(script), '', {}, {}) as (
    options: object,
  ) => Promise<TfliteModule>;
  const module = await factory({ wasmBinary: readFileSync(script.replace(/js$/, 'wasm')) });
  const at = module._malloc(model.length);
  module.HEAPU8.set(model, at);
  const created = module.TFLiteWebModelRunner.CreateFromBufferAndOptions(at, model.length, {
    numThreads: 1,
    enableWebNNDelegate: false,
    webNNDevicePreference: 0,
    webNNPowerPreference: 0,
    webNNNumThreads: 0,
    enableProfiling: false,
    maxProfilingBufferEntries: 0,
  });
  if (!created.ok()) throw new Error('TensorFlow Lite refuses the model.');
  const runner = created.value();
  runner.GetInputs().get(0).data().fill(100);
  return () => runner.Infer();
}
