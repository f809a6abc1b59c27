// Tails of random weights, made as a trainer makes them: what a manifest says, the program, and the layers as a file.
// Nothing but tests imports this.

import type { TailDocument, TapData } from '../../contract/index.ts';
import { type Graph, tapsOf } from '../../graph/index.ts';
import { graphOf, random, randomWeight } from '../../graph/testing.ts';
import { makeTailGolden, tailGoldenInput } from '../../heads/index.ts';
import { measureStatistics } from '../../inference/calibrate/index.ts';
import { compilePlain } from '../../inference/compile-node.ts';
import { type ArithmeticKind, kernelRevision, programOf, writeProgram } from '../../inference/index.ts';
import { sha256 } from '../../tensors/index.ts';
import { makeBackbone } from '../make-backbone.ts';

export interface TailWishes {
  seed: number;
  /** The map that it reads. */
  from: TapData;
  inputShape: [number, number, number];
  /** Numbers of its code. */
  dims?: number;
  arithmetic?: ArithmeticKind;
  /** A depthwise convolution comes first. */
  depthwise?: boolean;
}

export type TestTail = Awaited<ReturnType<typeof makeTail>>;

/** The tail with its two blobs, each under its digest. */
export async function makeTail(wishes: TailWishes) {
  const { seed, from, inputShape, dims = 6, arithmetic = 'float32' } = wishes;
  const [size] = inputShape;
  const graph = tailGraph(wishes);
  const to: TapData = { op: 'tail/relu', pooling: 'avg', pre: false };
  const map = tailGoldenInput(seed, 1, inputShape);
  const values =
    arithmetic === 'float32' ? undefined : await measureStatistics(graph, size, [map], compilePlain);
  const options = {
    size,
    taps: [to],
    arithmetic,
    ...(values && { quantisation: { digest: 'of a test', values } }),
  };
  const program = programOf(graph, options);
  const plan = await compilePlain(graph, options);
  const run = (input: Float32Array) => plan.run(input)[0]!;
  const file = writeProgram(program);
  const { file: graphFile } = await makeBackbone(graph, tailFacts(size), compilePlain);
  const [programDigest, graphDigest] = [await sha256(file), await sha256(graphFile)];
  const document: TailDocument = {
    from,
    to,
    inputShape,
    arithmetic,
    kernel: kernelRevision[arithmetic],
    memoryBytes: program.memoryBytes,
    program: { digest: programDigest, bytes: file.length },
    graph: { digest: graphDigest, bytes: graphFile.length },
    golden: makeTailGolden(run, inputShape, {
      seed,
      most: 1,
      tolerance: arithmetic === 'float32' ? 1e-4 : 0,
    }),
  };
  return {
    document,
    dims,
    graph,
    program: file,
    graphFile,
    run,
  };
}

function tailGraph({ seed, from, inputShape, dims = 6, depthwise = false }: TailWishes): Graph {
  const next = random(seed);
  const [size, , channels] = inputShape;
  const weights = {
    'tail/each': randomWeight([3, 3, 1, channels], next),
    'tail/kernel': randomWeight([3, 3, channels, dims], next),
    'tail/bias': randomWeight([dims], next),
  };
  const graph = graphOf(
    [
      [
        'conv2d',
        'tail/first',
        [from.op],
        depthwise ? { padding: 'same', groups: channels, activation: 'relu' } : { padding: 'same' },
        { kernel: depthwise ? 'tail/each' : 'tail/square' },
      ],
      [
        'conv2d',
        'tail/conv',
        ['tail/first'],
        { padding: 'same' },
        { kernel: 'tail/kernel', bias: 'tail/bias' },
      ],
      ['activation', 'tail/relu', ['tail/conv'], { activation: 'relu' }],
    ],
    { ...weights, 'tail/square': randomWeight([1, 1, channels, channels], next) },
    channels,
  );
  graph.weights.delete(depthwise ? 'tail/square' : 'tail/each');
  const named = { ...graph, input: { name: from.op, channels } };
  return { ...named, taps: tapsOf(named, size) };
}

const tailFacts = (size: number) => ({
  name: 'tail',
  title: 'Layers of a test',
  licence: 'MIT',
  origin: 'made for a test',
  recipe: {
    size,
    fit: 'stretch' as const,
    channelOrder: 'rgb' as const,
    mean: [0, 0, 0] as [number, number, number],
    scale: [1, 1, 1] as [number, number, number],
  },
});
