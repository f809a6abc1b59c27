// The contestants in Node: our plans, TensorFlow.js through the same graph, and onnxruntime on the same weights, as
// WebAssembly and native.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ortWeb from 'onnxruntime-web';
import { readQuantisation } from '../../lib/codes/index.ts';
import { type Graph, optimise, readBackbone, resolveTap, type Tap } from '../../lib/graph/index.ts';
import { compileWith } from '../../lib/inference/compile.ts';
import type { ArithmeticKind, Compile } from '../../lib/inference/index.ts';
import { compile as compileTfjs } from '../../lib/inference/tfjs/compile-node.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { root } from '../dev/configs.ts';
import { requirePeer } from './peers.ts';
import { toOnnx } from './to-onnx.ts';

export interface NodeEngine {
  run(): unknown;
  /** What it gives. */
  code: Float32Array;
  /** Of its plan; null where it cannot be told apart. */
  wasmBytes: number | null;
  dispose(): void;
}

const built = (name: string) =>
  new WebAssembly.Module(readFileSync(join(root, `build/inference-${name}.wasm`)));

/** Ours as `plans` names them, and onnxruntime. */
export async function nodeEngines(
  work: { backbone: Uint8Array; quantisation: Uint8Array | null; tap: string; tensor: Float32Array },
  plans: Record<string, { engine: 'relaxed' | 'plain' | 'tfjs'; arithmetic: ArithmeticKind }>,
): Promise<Map<string, NodeEngine>> {
  const compilers: Record<string, Compile> = {
    relaxed: compileWith(built('relaxed')),
    plain: compileWith(built('plain')),
    tfjs: compileTfjs,
  };
  const { graph, card } = readBackbone(work.backbone);
  const tap = resolveTap(graph, card, work.tap);
  const { size } = card.recipe;
  const found = new Map<string, NodeEngine>();
  for (const [name, { engine, arithmetic }] of Object.entries(plans)) {
    const integer = arithmetic !== 'float32';
    if (integer && !work.quantisation) continue;
    const quantisation = integer
      ? readQuantisation(work.quantisation!, await sha256(work.quantisation!))
      : undefined;
    const plan = await compilers[engine]!(graph, { size, taps: [tap], arithmetic, quantisation });
    found.set(name, {
      run: () => plan.run(work.tensor),
      code: plan.run(work.tensor)[0]!,
      wasmBytes: plan.bytes,
      dispose: () => plan.dispose(),
    });
  }
  const model = toOnnx(...cutFor(graph, tap), size);
  const planes = toPlanes(work.tensor, size);
  ortWeb.env.wasm.numThreads = 1;
  found.set(
    'onnxruntime-web 1.30 (wasm)',
    await onnxEngine(ortWeb as never, model, graph.input.name, planes, size),
  );
  const native = requirePeer<typeof ortWeb>('onnxruntime-node');
  found.set(
    'onnxruntime-node 1.30 (native)',
    await onnxEngine(native as never, model, graph.input.name, planes, size),
  );
  return found;
}

function cutFor(graph: Graph, tap: Tap): [Graph, string] {
  const { graph: small, outputs } = optimise(graph, [tap]);
  return [small, outputs[0]!];
}

async function onnxEngine(
  ort: typeof ortWeb,
  model: Uint8Array,
  input: string,
  planes: Float32Array,
  size: number,
): Promise<NodeEngine> {
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
  });
  const run = async () =>
    (await session.run({ [input]: new ort.Tensor('float32', planes, [1, 3, size, size]) })).code!
      .data as Float32Array;
  return { run, code: await run(), wasmBytes: null, dispose: () => void session.release() };
}

/** [h, w, 3] → [3, h, w] */
function toPlanes(tensor: Float32Array, size: number): Float32Array {
  const planes = new Float32Array(tensor.length);
  for (let i = 0; i < size * size; i++)
    for (let c = 0; c < 3; c++) planes[c * size * size + i] = tensor[3 * i + c]!;
  return planes;
}
