// What is stored of a tail: its program, which edges run, and its layers in float32 as a backbone file, to build on. And the
// golden map that an edge proves its engine with.

import type { TailDocument } from '../../contract/index.ts';
import { type Card, type Graph, inferShapes, makeCard, writeBackbone } from '../../graph/index.ts';
import { makeTailGolden } from '../../heads/index.ts';
import { compileWith, instantiate, type Program, writeProgram } from '../../inference/index.ts';
import { sha256 } from '../../tensors/index.ts';
import type { MovingLayers } from './layers.ts';
import type { FoldedTail } from './tail-programs.ts';

/** The last bits of float32 depend on the CPU; by more than this another network. */
const float32Tolerance = 1e-3;
/** Sides that the file's own golden input may have: as small as the layers take. */
const goldenSides = [4, 8, 16, 32, 64];

export interface StoredTail {
  document: TailDocument;
  blobs: { digest: string; bytes: Uint8Array }[];
}

/**
 * Files and document of a tail.
 *
 * @param card of the backbone whose layers these were
 * @param most largest value that the tail's input took on training examples
 */
export async function storeTail(
  tail: FoldedTail,
  program: Program,
  { from, to, inputShape }: MovingLayers,
  card: Card,
  { seed, most, kernels }: { seed: number; most: number; kernels: WebAssembly.Module },
): Promise<StoredTail> {
  const [programBlob, graphBlob] = [
    await blobOf(writeProgram(program)),
    await blobOf(await tailFile(tail, card, kernels)),
  ];
  const plan = instantiate(program, kernels);
  const tolerance = program.arithmetic === 'float32' ? float32Tolerance : 0;
  const golden = makeTailGolden((map) => plan.run(map)[0]!, inputShape, { seed, most, tolerance });
  plan.dispose();
  return {
    document: {
      from,
      to,
      inputShape,
      arithmetic: program.arithmetic,
      kernel: program.kernelRevision,
      memoryBytes: program.memoryBytes,
      program: programBlob.named,
      graph: graphBlob.named,
      golden,
    },
    blobs: [programBlob.blob, graphBlob.blob],
  };
}

async function blobOf(bytes: Uint8Array) {
  const digest = await sha256(bytes);
  return { blob: { digest, bytes }, named: { digest, bytes: bytes.length } };
}

/** The layers as a backbone file. Its one tap, `final`, is where the head reads its codes. */
async function tailFile(
  { graph, tap, size }: FoldedTail,
  card: Card,
  kernels: WebAssembly.Module,
): Promise<Uint8Array> {
  const tapped: Graph = { ...graph, taps: { final: tap } };
  const own = makeCard(tapped, {
    name: card.name,
    title: card.title,
    licence: card.licence,
    origin: `Layers fine-tuned from ${card.origin}`.slice(0, 1024),
    recipe: { ...card.recipe, size },
  });
  const side = goldenSides.find((candidate) => candidate < size && takes(tapped, candidate)) ?? size;
  const data = ramp(side * side * graph.input.channels);
  const plan = await compileWith(kernels)(tapped, { size: side, taps: [tap], arithmetic: 'float32' });
  const [code] = plan.run(data);
  plan.dispose();
  const input = { shape: [side, side, graph.input.channels], data };
  return writeBackbone({ graph: tapped, card: own, golden: { input, codes: { final: code! } } });
}

/** Numbers 0..1 that repeat at no distance that a layer knows. */
const ramp = (length: number) => Float32Array.from({ length }, (_, i) => ((i * 37) % 101) / 101);

function takes(graph: Graph, size: number): boolean {
  try {
    inferShapes(graph, size);
    return true;
  } catch {
    return false;
  }
}
