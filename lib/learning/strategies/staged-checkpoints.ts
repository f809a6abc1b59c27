// Two trainings of one job, one after the other, in one checkpoint: what the first has come to stays while the second goes
// on, so whoever takes the job up repeats neither.

import { HeadwaterError } from '../../errors/index.ts';
import { readSafetensors, type Tensor, writeSafetensors } from '../../tensors/index.ts';
import type { CheckpointStore } from '../tuning/inputs.ts';

const stages = ['judged', 'published'] as const;
export type Stage = (typeof stages)[number];

/** A store for each stage, over one that holds both. */
export function stagedCheckpoints(store: CheckpointStore): Record<Stage, CheckpointStore> {
  let known: Map<Stage, Uint8Array> | undefined;
  const found = async () => (known ??= await read(store));
  const at = (stage: Stage): CheckpointStore => ({
    load: async () => (await found()).get(stage) ?? null,
    async save(bytes) {
      const kept = (await found()).set(stage, bytes);
      const tensors = new Map<string, Tensor>();
      for (const [name, data] of kept) tensors.set(name, { dtype: 'U8', shape: [data.length], data });
      await store.save(writeSafetensors(tensors, { format: '1' }));
    },
    async clear() {
      known = new Map();
      await store.clear();
    },
  });
  return { judged: at('judged'), published: at('published') };
}

/** What is damaged is as good as not there: the training begins anew. */
async function read(store: CheckpointStore): Promise<Map<Stage, Uint8Array>> {
  const bytes = await store.load();
  const found = new Map<Stage, Uint8Array>();
  if (!bytes) return found;
  try {
    const { tensors } = readSafetensors(bytes);
    for (const stage of stages) {
      const data = tensors.get(stage)?.data;
      if (data instanceof Uint8Array) found.set(stage, data);
    }
  } catch (error) {
    if (!(error instanceof HeadwaterError)) throw error;
  }
  return found;
}
