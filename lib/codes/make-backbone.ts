// Making a backbone's file: graph and facts in, file with card and golden tensors out. The golden input is a
// fixed pattern, so that a repeated import gives the same bytes.

import { type CardFacts, type Graph, inferShapes, makeCard, writeBackbone } from '../graph/index.ts';
import type { Compile } from '../inference/index.ts';
import { sha256 } from '../tensors/index.ts';

/** Side of the golden input, where the net takes one that small. */
const goldenSize = 64;

export interface MadeBackbone {
  file: Uint8Array;
  digest: string;
  card: ReturnType<typeof makeCard>;
}

/** @throws HeadwaterError when the graph is not sound, or no plan of it can be compiled */
export async function makeBackbone(graph: Graph, facts: CardFacts, compile: Compile): Promise<MadeBackbone> {
  const card = makeCard(graph, facts);
  const size = takes(graph, goldenSize) ? goldenSize : card.size;
  const aliases = [...new Set([card.defaultTap, 'final'])];
  const taps = aliases.map((alias) => graph.taps[alias]!);
  const data = goldenInput(size, graph.input.channels);
  const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
  const codes = plan.run(data);
  plan.dispose();
  const golden = {
    input: { shape: [size, size, graph.input.channels], data },
    codes: Object.fromEntries(aliases.map((alias, i) => [alias, codes[i]!])),
  };
  const file = writeBackbone({ graph, card, golden });
  return { file, digest: await sha256(file), card };
}

function takes(graph: Graph, size: number): boolean {
  try {
    inferShapes(graph, size);
    return true;
  } catch {
    return false;
  }
}

/** Values in −1 … 1 with structure at every scale: a sum of waves, exact in float32 arithmetic nowhere, but
 *  stored with the file, so that only its being varied matters. */
function goldenInput(size: number, channels: number): Float32Array {
  const data = new Float32Array(size * size * channels);
  for (let y = 0, i = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let c = 0; c < channels; c++, i++)
        data[i] = 0.5 * Math.sin((x * (c + 1)) / 3 + y / 7) + 0.5 * Math.cos((x * y) / (31 * (c + 1)));
  return data;
}
