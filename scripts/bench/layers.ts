// Where the time of a code goes: multiply-adds a second by kind of kernel, beside what the processor does when nothing
// has to be loaded.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readQuantisation } from '../../lib/codes/index.ts';
import { readBackbone, resolveTap } from '../../lib/graph/index.ts';
import {
  type ArithmeticKind,
  type KernelExports,
  type Program,
  planBase,
  programOf,
} from '../../lib/inference/index.ts';
import { sha256 } from '../../lib/tensors/index.ts';
import { defaultBackbone } from '../dev/backbones.ts';
import { root } from '../dev/configs.ts';
import { peaks } from './peak.ts';
import { type Section, table } from './report.ts';

const rounds = 20;

export async function layers(): Promise<Section> {
  const { graph, card } = readBackbone(defaultBackbone().file);
  const file = readFileSync(join(root, 'build/backbone.quantisation.safetensors'));
  const quantisation = readQuantisation(file, await sha256(file));
  const module = new WebAssembly.Module(readFileSync(join(root, 'build/inference-relaxed.wasm')));
  const best = await peaks();
  const rows: string[][] = [];
  for (const arithmetic of ['int8', 'int16', 'float32'] as const) {
    const taps = [resolveTap(graph, card, 'final')];
    const program = programOf(graph, { size: card.recipe.size, taps, arithmetic, quantisation });
    rows.push(...kinds(program, timesOf(program, module), arithmetic, best));
  }
  return {
    title: 'Where the time goes',
    text: `The default backbone to \`final\`, relaxed build, in Node; for each step of the plan the minimum of ${rounds} runs, added up by kernel. Peak: the same instruction on registers alone, nothing loaded or stored.\n\n${table(['arithmetic', 'kernel', 'calls', 'ms', 'share', 'G multiply-adds/s', 'of peak'], rows)}`,
  };
}

/** Milliseconds of each step, the minimum of several runs. */
function timesOf(program: Program, module: WebAssembly.Module): number[] {
  const exports = new WebAssembly.Instance(module, {}).exports as unknown as KernelExports;
  const pages = Math.ceil((program.memoryBytes - exports.memory.buffer.byteLength) / 65_536);
  if (pages > 0) exports.memory.grow(pages);
  new Uint8Array(exports.memory.buffer).set(program.constants, planBase);
  new Float32Array(exports.memory.buffer, program.input, 1000).fill(0.5);
  const calls = program.steps.map(({ kernel, args }) => exports[kernel].bind(undefined, ...args));
  const times = calls.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds + 10; round++)
    for (const [i, call] of calls.entries()) {
      const began = performance.now();
      call();
      times[i] = Math.min(times[i]!, performance.now() - began);
    }
  return times;
}

function kinds(
  { steps }: Program,
  times: number[],
  arithmetic: ArithmeticKind,
  best: Record<ArithmeticKind, number>,
): string[][] {
  const total = times.reduce((a, b) => a + b, 0);
  const byKernel = new Map<string, number[]>();
  for (const [i, step] of steps.entries()) {
    const kind = kindOf(step);
    byKernel.set(kind, [...(byKernel.get(kind) ?? []), i]);
  }
  return [...byKernel]
    .map(([kind, indices]) => {
      const ms = indices.reduce((sum, i) => sum + times[i]!, 0);
      const giga = indices.reduce((sum, i) => sum + steps[i]!.multiplyAdds, 0) / ms / 1e6;
      const figures =
        giga > 0 ? [giga.toFixed(1), `${((100 * giga) / best[arithmetic]).toFixed(0)} %`] : ['', ''];
      return {
        ms,
        cells: [
          arithmetic,
          kind,
          String(indices.length),
          ms.toFixed(2),
          `${((100 * ms) / total).toFixed(0)} %`,
          ...figures,
        ],
      };
    })
    .sort((a, b) => b.ms - a.ms)
    .map(({ cells }) => cells);
}

/** Convolutions of one tap are the pointwise ones. */
function kindOf({ kernel, args }: Program['steps'][number]): string {
  if (!kernel.includes('conv')) return kernel;
  return `${kernel}, ${args[4] === 1 ? 'pointwise' : `${args[4]} taps`}`;
}
