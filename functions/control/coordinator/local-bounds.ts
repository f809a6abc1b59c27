// How large a training may be to run in the control Worker. An isolate has 128 MB for everything: the bundle and its
// heap, the coordinators that live in it, and what the training needs. See docs/architecture.md, Memory.

/** Codes of n examples and d numbers take 4·n·d bytes as float32. */
export const maxLocalCodeBytes = 32_000_000;
/**
 * What {@link trainingBytes} may say. Beside it there are up to 25 MB of the open-set score's own, which the collector
 * may not have taken the solver's copy away for yet, and some 20 MB of bundle, snapshot and coordinators: 117 MB.
 */
export const maxLocalBytes = 72_000_000;

/** Steps and gradient changes that L-BFGS remembers, and its other vectors, each as long as the parameters. */
const solverVectors = 26;

export interface TrainingSize {
  examples: number;
  dims: number;
  labels: number;
}

/** Whether a training may run here. */
export function fitsControl(size: TrainingSize): boolean {
  return 4 * size.examples * size.dims <= maxLocalCodeBytes && trainingBytes(size) <= maxLocalBytes;
}

/**
 * Bytes that a training holds at its peak: its codes, the solver's copy of them (rows padded to 32 numbers), scores and
 * residuals of each example, and the solver's vectors in float64.
 */
export function trainingBytes({ examples, dims, labels }: TrainingSize): number {
  const stride = 32 * Math.ceil(dims / 32);
  const matrices = 4 * examples * (dims + stride);
  const perExample = examples * labels * (8 + 4);
  return matrices + perExample + 8 * solverVectors * labels * (dims + 1);
}
