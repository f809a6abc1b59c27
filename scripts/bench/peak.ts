// The fastest that this machine multiplies and adds in WebAssembly, on registers alone.

import asc from 'assemblyscript/asc';
import type { ArithmeticKind } from '../../lib/inference/index.ts';

const source = 'scripts/bench/peak.as.ts';
const flags = ['--optimizeLevel', '2', '--shrinkLevel', '0', '--runtime', 'stub', '--noAssert'];
const rounds = 1_000_000;
/** Multiply-adds of one round. */
const perRound: Record<ArithmeticKind, number> = { float32: 10 * 4, int16: 5 * 8, int8: 4 * 32 };

/** G multiply-adds a second in each arithmetic: the best of several tries. */
export async function peaks(): Promise<Record<ArithmeticKind, number>> {
  const { float32, int16, int8 } = new WebAssembly.Instance(new WebAssembly.Module(await compiled()))
    .exports as Record<ArithmeticKind, (rounds: number) => number>;
  const exports = { float32, int16, int8 };
  // The optimised code takes over from the second call on, once it has been compiled beside.
  for (const kind of Object.values(exports)) for (let i = 0; i < 5; i++) kind(rounds);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const best = { float32: 0, int16: 0, int8: 0 };
  for (let attempt = 0; attempt < 60; attempt++)
    for (const kind of Object.keys(best) as ArithmeticKind[]) {
      const began = performance.now();
      exports[kind](rounds);
      const giga = (rounds * perRound[kind]) / (performance.now() - began) / 1e6;
      best[kind] = Math.max(best[kind], giga);
    }
  return best;
}

async function compiled(): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc.main(
    [source, '--outFile', 'peak.wasm', ...flags, '--enable', 'simd', '--enable', 'relaxed-simd'],
    {
      writeFile: (name: string, contents: string | Uint8Array) => {
        if (name.endsWith('.wasm')) binary = contents as Uint8Array<ArrayBuffer>;
      },
    },
  );
  if (error || !binary) throw new Error(`${source} does not compile:\n${stderr.toString()}`);
  return binary;
}
