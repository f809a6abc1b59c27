// A training's state as a safetensors file, with a digest over all that counts in it, so that one which was cut short or
// damaged is never taken for whole, and a fingerprint of what is being trained, so that one of something else is left alone.

import { HeadwaterError } from '../../errors/index.ts';
import {
  fromJson,
  joined,
  readSafetensors,
  sha256,
  type Tensor,
  toJson,
  writeSafetensors,
} from '../../tensors/index.ts';
import type { TuningState } from './state.ts';

const kind = 'headwater-tuning-1';

/** The state as bytes. */
export async function writeCheckpoint(state: TuningState, fingerprint: string): Promise<Uint8Array> {
  const { weights, moments, best, ...numbers } = state;
  const arrays: Record<string, Float32Array> = {
    parameters: weights.parameters,
    statistics: weights.statistics,
    'adam.mean': moments.mean,
    'adam.square': moments.square,
    ...(best && {
      'best.parameters': best.weights.parameters,
      'best.statistics': best.weights.statistics,
      'best.logits': best.logits,
    }),
  };
  const facts = JSON.stringify({ ...numbers, best: best && { step: best.step, loss: best.loss } });
  const tensors = Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, tensor(data)]));
  const digest = await digestOf(facts, fingerprint, arrays);
  return writeSafetensors(tensors, { kind, fingerprint, facts, digest });
}

/** The state in a file; null if it is damaged, or of another training. */
export async function readCheckpoint(file: Uint8Array, fingerprint: string): Promise<TuningState | null> {
  const found = parse(file);
  if (found?.metadata.kind !== kind || found.metadata.fingerprint !== fingerprint) return null;
  const { facts = '', digest } = found.metadata;
  if ((await digestOf(facts, fingerprint, found.arrays)) !== digest) return null;
  const { best, ...numbers } = fromJson(new TextEncoder().encode(facts)) as Omit<
    TuningState,
    'weights' | 'moments'
  >;
  // Copies: these arrays are moved in place, and must not share the file's buffer.
  const values = (name: string) => found.arrays[name]!.slice();
  const weights = (prefix: string) => ({
    parameters: values(`${prefix}parameters`),
    statistics: values(`${prefix}statistics`),
  });
  return {
    ...numbers,
    weights: weights(''),
    moments: { mean: values('adam.mean'), square: values('adam.square') },
    best: best && { ...best, weights: weights('best.'), logits: values('best.logits') },
  };
}

function parse(file: Uint8Array) {
  try {
    const { tensors, metadata } = readSafetensors(file);
    const arrays = Object.fromEntries([...tensors].map(([name, { data }]) => [name, data as Float32Array]));
    return { arrays, metadata };
  } catch (error) {
    if (error instanceof HeadwaterError) return null;
    throw error;
  }
}

/** Of names, values and facts: whatever else a file says cannot change what is read from it. */
async function digestOf(facts: string, fingerprint: string, arrays: Record<string, Float32Array>) {
  const names = Object.keys(arrays).sort();
  const lengths = names.map((name) => arrays[name]!.length);
  const bytes = names.map((name) => {
    const { buffer, byteOffset, byteLength } = arrays[name]!;
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
  return sha256(joined([toJson([facts, fingerprint, names, lengths]), ...bytes]));
}

const tensor = (data: Float32Array): Tensor => ({ dtype: 'F32', shape: [data.length], data });
