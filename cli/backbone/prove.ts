// The proof of a backbone's files: read back, compiled and run on the golden input, they must give their golden codes;
// and where the net is small enough for plain loops, those of float32 must be what the definitions of its layers give.

import {
  goldenCodes,
  type IntegerKind,
  readQuantisation,
  readQuantisationFile,
} from '../../lib/codes/index.ts';
import { HeadwaterError } from '../../lib/errors/index.ts';
import { countMultiplyAdds, cutAtTaps, readBackbone } from '../../lib/graph/index.ts';
import { cosine } from '../../lib/graph/testing.ts';
import type { Compile } from '../../lib/inference/index.ts';
import { referenceCodes } from '../../lib/inference/reference.ts';

/** Plain loops do some 200 million multiply-adds a second: more than this would be no proof but a wait. */
const maxPlainMultiplyAdds = 3e9;
/** Cosine that two correct float32 implementations reach on any net; a wrong padding or scale does not. */
const leastCosine = 0.99999;

/**
 * Proves the file and says how.
 *
 * @param compile the one that the golden codes were made with
 * @throws HeadwaterError `unsupported-graph` if a code comes out otherwise
 */
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
    if (!isSame(codes[i]!, golden.codes[alias]!)) throw wrong(alias, readBackOtherwise);
    if (!plain) return `${alias}: golden codes read back (too large to recompute by plain loops)`;
    // Codes of nothing but zeros have no angle.
    const agreement = isSame(codes[i]!, plain[i]!) ? 1 : Math.min(1, cosine(codes[i]!, plain[i]!));
    if (!(agreement >= leastCosine))
      throw wrong(alias, `the engine and the layers' definitions differ (cosine ${agreement})`);
    return `${alias}: golden codes agree with the layers' definitions (1 − cosine ${(1 - agreement).toExponential(0)})`;
  });
}

/**
 * Proves a quantisation file in one integer arithmetic, bit for bit, and says so.
 *
 * @param backbone the backbone's file
 * @throws HeadwaterError `unsupported-graph` if a code comes out otherwise
 */
export async function proveIntegers(
  backbone: Uint8Array,
  quantisation: { digest: string; file: Uint8Array },
  kind: IntegerKind,
  compile: Compile,
): Promise<string> {
  const { golden } = readQuantisationFile(quantisation.file);
  const expected = golden[kind]?.codes ?? {};
  const read = readQuantisation(quantisation.file, quantisation.digest);
  const made = await goldenCodes(readBackbone(backbone), kind, read, compile);
  for (const [alias, code] of Object.entries(made.codes))
    if (!isSame(code, expected[alias] ?? [])) throw wrong(alias, `in ${kind} ${readBackOtherwise}`);
  return `${Object.keys(made.codes).join(', ')}: golden codes in ${kind} read back`;
}

const readBackOtherwise = 'the file read back gives other codes than it was written with';

const isSame = (a: Float32Array, b: ArrayLike<number>) =>
  a.length === b.length && a.every((value, k) => value === b[k]);

const wrong = (alias: string, why: string) =>
  new HeadwaterError('unsupported-graph', `At the tap "${alias}" ${why}. The network was not added.`);
