// What former releases made codes with, and what now stands in for it when a head of then is served. A head learned
// from codes with noise of its own, so one that is a little off changes no answer that was worth having; how little
// is stated here and in docs/architecture.md. Nothing is ever filled or trained through this table: such codes are
// another space.

export interface StandIn {
  was: string;
  now: string;
  /** The least cosine between the codes of both, over the photographs that it was measured on. */
  leastCosine: number;
}

/** TensorFlow.js's float32 kernels, by ours: sums in another order, last bits apart. */
export const servedKernels: readonly StandIn[] = [
  { was: 'tfjs-wasm-4.22.0/1', now: 'headwater-float32/1', leastCosine: 0.99999 },
];

/** libjpeg-turbo's decoder and a float64 resize, by ours: the same pixels at full scale, a level apart where a large
 *  photo is decoded at a part of it. */
export const servedPipelines: readonly StandIn[] = [
  { was: 'headwater-image-1', now: 'headwater-image-2', leastCosine: 0.99999 },
];
