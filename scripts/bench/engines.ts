// What a code costs: our plans in every arithmetic and both builds beside the other engines, on the same graph, weights
// and picture, in Node and in workerd, one thread.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBackbone } from '../../lib/codes/index.ts';
import { cosine } from '../../lib/graph/testing.ts';
import { loadImagePipeline } from '../../lib/image/image-node.ts';
import type { ArithmeticKind } from '../../lib/inference/index.ts';
import { defaultBackbone } from '../dev/backbones.ts';
import { root } from '../dev/configs.ts';
import { type EdgeProcess, startEdgeProcess } from './edge-process.ts';
import { examples } from './latencies.ts';
import { type NodeEngine, nodeEngines } from './node-engines.ts';
import { type Section, table } from './report.ts';
import { type Cost, costOf, cpuFigure, inRounds, type Rounds, ratio } from './rounds.ts';

const rounds = 20;
/** Runs in one request: workerd's process is measured from outside, and a request costs too. */
const runsPerRequest = 15;

/** Ours by name: which build of the kernels, which arithmetic. */
const ours: Record<string, { engine: 'relaxed' | 'plain' | 'tfjs'; arithmetic: ArithmeticKind }> = {
  'Headwater int8': { engine: 'relaxed', arithmetic: 'int8' },
  'Headwater int16': { engine: 'relaxed', arithmetic: 'int16' },
  'Headwater float32': { engine: 'relaxed', arithmetic: 'float32' },
  'Headwater int8, plain SIMD': { engine: 'plain', arithmetic: 'int8' },
  'Headwater int16, plain SIMD': { engine: 'plain', arithmetic: 'int16' },
  'Headwater float32, plain SIMD': { engine: 'plain', arithmetic: 'float32' },
  'TensorFlow.js 4.22 (wasm)': { engine: 'tfjs', arithmetic: 'float32' },
};
const reference = 'TensorFlow.js 4.22 (wasm)';

/** Everything a contestant needs. */
export interface Work {
  backbone: Uint8Array;
  quantisation: Uint8Array | null;
  tap: string;
  tensor: Float32Array<ArrayBuffer>;
}

export async function engines(): Promise<Section> {
  const { name, digest, file } = defaultBackbone();
  const { card, graph } = parseBackbone(file, name, digest);
  const { tensor } = await (await loadImagePipeline()).toTensor(examples().all[0]!.bytes, card.recipe);
  const quantisation = readFileSync(join(root, 'build/backbone.quantisation.safetensors'));
  const edge = await startEdgeProcess('scripts/bench/edge/wrangler.toml');
  try {
    const parts: string[] = [];
    for (const tap of ['final', card.defaultTap])
      parts.push(await atTap({ backbone: file, quantisation, tap, tensor }, edge));
    const { codeLength, multiplyAdds } = card.taps[card.defaultTap]!;
    return {
      title: 'What a code costs',
      text: `${name} at ${card.size} × ${card.size}, tensor in memory, one thread; CPU milliseconds of all threads, median (minimum) of ${rounds} interleaved rounds; ratios are medians of the rounds' own. In workerd a round is ${runsPerRequest} codes in one request, request included. \`${card.defaultTap}\`: ${codeLength} numbers, ${(multiplyAdds / 1e6).toFixed(0)} M multiply-adds; \`final\`: ${(card.taps.final!.multiplyAdds / 1e6).toFixed(0)} M. Graph of ${graph.ops.length} layers.\n\n${parts.join('\n\n')}`,
    };
  } finally {
    await edge.stop();
  }
}

async function atTap(work: Work, edge: EdgeProcess): Promise<string> {
  const inNode = await nodeEngines(work, ours);
  const codes = new Map([...inNode].map(([name, engine]) => [name, engine.code]));
  const node = await inRounds(rounds, inNode, ({ run }) => costOf(run));
  const ids = new Map<string, string>();
  for (const [name, options] of Object.entries(ours)) {
    const id = `${work.tap}/${name}`;
    const code = await addToEdge(edge, id, work, options);
    const there = codes.get(name)!;
    if (options.arithmetic !== 'float32' && Buffer.compare(Buffer.from(code.buffer), bytesOf(there)) !== 0)
      throw new Error(`${name} at ${work.tap}: workerd gives other bits than Node.`);
    ids.set(name, id);
  }
  const inEdge = await inRounds(rounds, ids, (id) => edgeCost(edge, id));
  for (const { dispose } of inNode.values()) dispose();
  const rows = [...inNode].map(([name, engine]) => row(name, engine, codes.get(reference)!, node, inEdge));
  return `At \`${work.tap}\`:\n\n${table(['engine', 'Node', '÷ tfjs', 'workerd', '÷ tfjs', 'WASM memory, MB', 'cosine to tfjs'], rows)}`;
}

function row(name: string, engine: NodeEngine, exact: Float32Array, node: Rounds, edge: Rounds): string[] {
  const there = edge.has(name)
    ? [cpuFigure(edge, name), ratio(edge, name, reference).toFixed(2)]
    : ['–', '–'];
  return [
    name,
    cpuFigure(node, name),
    ratio(node, name, reference).toFixed(2),
    ...there,
    engine.wasmBytes === null ? '–' : (engine.wasmBytes / 1e6).toFixed(1),
    cosine(engine.code, exact).toFixed(7),
  ];
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** Posts a plan to the Worker; answers its code. */
async function addToEdge(
  edge: EdgeProcess,
  id: string,
  { backbone, quantisation, tap, tensor }: Work,
  options: { engine: string; arithmetic: string },
): Promise<Float32Array> {
  const form = new FormData();
  form.set('options', JSON.stringify({ ...options, tap }));
  form.set('backbone', new Blob([backbone as Uint8Array<ArrayBuffer>]));
  form.set('input', new Blob([tensor]));
  if (options.arithmetic !== 'float32' && quantisation)
    form.set('quantisation', new Blob([quantisation as Uint8Array<ArrayBuffer>]));
  await edge.measure(`/?id=${encodeURIComponent(id)}`, { method: 'PUT', body: form });
  const { response } = await edge.measure(`/?id=${encodeURIComponent(id)}`);
  return new Float32Array(await response.arrayBuffer());
}

async function edgeCost(edge: EdgeProcess, id: string): Promise<Cost> {
  const { cpu, wall } = await edge.measure(`/?id=${encodeURIComponent(id)}&runs=${runsPerRequest}`);
  return { cpu: cpu / runsPerRequest, wall: wall / runsPerRequest };
}
