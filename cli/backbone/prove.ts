// The proof of a backbone's file: read back, compiled and run on its golden input, it must give its golden codes;
// and where the net is small enough for plain loops, those must be what the definitions of its layers give.

import { HeadwaterError } from '../../lib/errors/index.ts';
import { countMultiplyAdds, cutAtTaps, readBackbone } from '../../lib/graph/index.ts';
import { cosine } from '../../lib/graph/testing.ts';
import type { Compile } from '../../lib/inference/index.ts';
import { referenceCodes } from '../../lib/inference/reference.ts';

/** Plain loops do some 200 million multiply-adds a second: more than this would be no proof but a wait. */
const maxPlainMultiplyAdds = 3e9;
/** Cosine that two correct float32 implementations reach on any net; a wrong padding or scale does not. */
const leastCosine = 0.99999;

/** Proves the file and says how. @throws HeadwaterError `unsupported-graph` if a code comes out otherwise */
export async function proveGoldens(file: Uint8Array, compile: Compile): Promise<string[]> {
  const { graph, golden } = readBackbone(file);
  const [size] = golden.input.shape as [number, number, number];
  const aliases = Object.keys(golden.codes);
  const taps = aliases.map((alias) => graph.taps[alias]!);
  const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
  const codes = plan.run(golden.input.data);
  plan.dispose();
  const cost = countMultiplyAdds(cutAtTaps(graph, taps).graph, size);
  const plain =
    cost <= maxPlainMultiplyAdds ? referenceCodes(graph, size, taps, golden.input.data) : undefined;
  return aliases.map((alias, i) => {
    if (!codes[i]!.every((value, k) => value === golden.codes[alias]![k]))
      throw wrong(alias, 'the file read back gives other codes than it was written with');
    if (!plain) return `${alias}: golden codes read back (too large to recompute by plain loops)`;
    // Codes of nothing but zeros have no angle.
    const isSame = codes[i]!.every((value, k) => value === plain[i]![k]);
    const agreement = isSame ? 1 : Math.min(1, cosine(codes[i]!, plain[i]!));
    if (!(agreement >= leastCosine))
      throw wrong(alias, `the engine and the layers' definitions differ (cosine ${agreement})`);
    return `${alias}: golden codes agree with the layers' definitions (1 − cosine ${(1 - agreement).toExponential(0)})`;
  });
}

const wrong = (alias: string, why: string) =>
  new HeadwaterError('unsupported-graph', `At the tap "${alias}" ${why}. The network was not added.`);
