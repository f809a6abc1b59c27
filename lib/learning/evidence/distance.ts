// How far the activations of one set of pictures are from another's. Each channel is taken as a Gaussian; two of them are
// compared by the symmetric Kullback-Leibler divergence (Kullback and Leibler 1951):
//
//   J(p, q) = ½ (σp²/σq² + σq²/σp² − 2 + (μp − μq)² (1/σp² + 1/σq²))     in nats

import type { ChannelStatistics } from './channel-statistics.ts';

/** Share of the layer's median variance that is added to every variance: channels that hardly ever speak say nothing. */
const varianceFloor = 1e-3;
/** So that a layer that never speaks divides by something. */
const leastVariance = 1e-12;
/** Two sets are never nearer than this, so that logarithms stay finite. */
const leastDistance = 1e-6;

/**
 * Distance of a layer: exp(mean of ln(1 + J) over the channels) − 1. Near 0 that is the mean of J; a few channels that
 * are wholly elsewhere, whose J is in the thousands, count by their number rather than by that.
 */
export function layerDistance(set: ChannelStatistics, reference: ChannelStatistics): number {
  const floor = Math.max(leastVariance, varianceFloor * median(reference.variance));
  let sum = 0;
  for (let c = 0; c < reference.mean.length; c++) {
    const p = set.variance[c]! + floor;
    const q = reference.variance[c]! + floor;
    const shift = set.mean[c]! - reference.mean[c]!;
    sum += Math.log1p((p / q + q / p - 2 + shift * shift * (1 / p + 1 / q)) / 2);
  }
  return Math.max(leastDistance, Math.expm1(sum / reference.mean.length));
}

/** Of a whole network: the geometric mean over its layers, so that each counts by how many times farther it is. */
export function overallDistance(layers: readonly number[]): number {
  return Math.exp(layers.reduce((sum, distance) => sum + Math.log(distance), 0) / layers.length);
}

function median(values: Float64Array): number {
  return values.toSorted()[values.length >> 1] ?? 0;
}
