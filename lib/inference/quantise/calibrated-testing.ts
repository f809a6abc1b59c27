// A quantisation measured on the spot, for tests.

import type { Graph } from '../../graph/index.ts';
import { measureStatistics } from '../calibrate/index.ts';
import { compilePlain } from '../compile-node.ts';
import type { Quantisation } from '../quantisation.ts';

/** Statistics of a graph over some inputs [size, size, channels]. */
export async function calibrated(graph: Graph, size: number, inputs: Float32Array[]): Promise<Quantisation> {
  return { digest: 'test', values: await measureStatistics(graph, size, inputs, compilePlain) };
}
