// From activation statistics to a quantisation file: packed, compiled in every integer arithmetic, run on the
// backbone's golden input.

import { HeadwaterError } from '../errors/index.ts';
import { type Backbone as BackboneContent, readBackbone } from '../graph/index.ts';
import type { Compile, Quantisation, ValueStatistics } from '../inference/index.ts';
import { sha256 } from '../tensors/index.ts';
import {
  type IntegerGolden,
  type IntegerKind,
  integerKinds,
  readQuantisation,
  writeQuantisationFile,
} from './quantisation-file.ts';

export interface MadeQuantisation {
  file: Uint8Array<ArrayBuffer>;
  digest: string;
  quantisation: Quantisation;
  /** In which this backbone can be compiled. */
  kinds: IntegerKind[];
}

/**
 * The quantisation of a backbone's file. The same statistics and kernels give the same bytes on every machine.
 *
 * @param backbone its file and digest
 */
export async function makeQuantisation(
  backbone: { digest: string; file: Uint8Array },
  values: ReadonlyMap<string, ValueStatistics>,
  compile: Compile,
): Promise<MadeQuantisation> {
  const content = readBackbone(backbone.file);
  const bare = writeQuantisationFile({ backbone: backbone.digest, values, golden: {} });
  // What is read back, because packing rounds: golden codes must be those of what is stored.
  const packed = readQuantisation(bare, '');
  const golden: Partial<Record<IntegerKind, IntegerGolden>> = {};
  for (const kind of integerKinds) {
    const made = await goldenCodes(content, kind, packed, compile).catch(unlessUnsupported);
    if (made) golden[kind] = made;
  }
  const file = writeQuantisationFile({ backbone: backbone.digest, values, golden });
  const digest = await sha256(file);
  return {
    file,
    digest,
    quantisation: readQuantisation(file, digest),
    kinds: integerKinds.filter((kind) => golden[kind]),
  };
}

/** Codes of the golden input at the taps that the backbone's file has golden codes of. */
export async function goldenCodes(
  { graph, golden }: BackboneContent,
  kind: IntegerKind,
  quantisation: Quantisation,
  compile: Compile,
): Promise<IntegerGolden> {
  const aliases = Object.keys(golden.codes);
  const taps = aliases.map((alias) => graph.taps[alias]!);
  const size = golden.input.shape[0]!;
  const plan = await compile(graph, { size, taps, arithmetic: kind, quantisation });
  const codes = plan.run(golden.input.data);
  plan.dispose();
  return {
    kernel: plan.kernelRevision,
    codes: Object.fromEntries(aliases.map((alias, i) => [alias, codes[i]!])),
  };
}

function unlessUnsupported(error: unknown): undefined {
  if (error instanceof HeadwaterError && error.type === 'unsupported-graph') return;
  throw error;
}
