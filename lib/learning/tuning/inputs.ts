// What a training loop feeds on: the input of the trainable part for each example. Frozen layers have run already where
// there are any.

export interface TuningInputs {
  /** Of one input: [h, w, c]. */
  shape: [number, number, number];
  /** Of training example i (0 ≤ i < train.length) in an epoch: seeded by (seed, i, epoch), never by what ran before. */
  training(i: number, epoch: number): Promise<Float32Array>;
  /** Of training example i as the edge will see it: nothing augmented. */
  plain(i: number): Promise<Float32Array>;
  /** Of held-out example i, as the edge will see it. */
  heldOut(i: number): Promise<Float32Array>;
  /** [nTrain] and [nHeldOut], class indices. */
  trainLabels: Int32Array;
  heldOutLabels: Int32Array;
}

/** Where a training leaves what it has come to, so that another process can go on. */
export interface CheckpointStore {
  load(): Promise<Uint8Array | null>;
  save(bytes: Uint8Array): Promise<void>;
  clear(): Promise<void>;
}

/** Float arrays by key, outside of memory: activations of frozen layers. What it has forgotten is made again. */
export interface ArrayCache {
  get(key: string): Promise<Float32Array | undefined>;
  put(key: string, values: Float32Array): Promise<void>;
  clear(): Promise<void>;
}
