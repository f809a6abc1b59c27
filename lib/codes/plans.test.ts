import { expect, it } from 'vitest';
import { createTime } from '../../test/support/virtual-time.ts';
import { backboneKey, currentBackboneKey } from '../contract/index.ts';
import { readBackbone } from '../graph/index.ts';
import type { Compile } from '../inference/index.ts';
import { memoryStore } from '../storage/index.ts';
import { toJson } from '../tensors/index.ts';
import { float32 } from './arithmetic.ts';
import { createBackboneLibrary } from './backbone-library.ts';
import { placeOf } from './code-place.ts';
import { createMemoryBudget } from './memory-budget.ts';
import { createPlans } from './plans.ts';
import { makeTiny } from './testing/tiny-node.ts';

const { file, digest, card } = await makeTiny(1, 8);
const compileBytes = 8 * card.parameters;

const compile: Compile = async (_graph, { admit }) => {
  await admit?.(10);
  return { bytes: 10, dispose() {} } as unknown as Awaited<ReturnType<Compile>>;
};

/** The plan of a backbone out of the bucket, in an isolate with room for so much. */
async function planWithin(maxBytes: number) {
  const { clock, sleep } = createTime();
  const store = memoryStore();
  await store.put(backboneKey('tiny', digest), file);
  const note = { format: 1, name: 'tiny', digest, updated: '2026-01-01T00:00:00.000Z' };
  await store.put(currentBackboneKey('tiny'), toJson(note));
  const memory = createMemoryBudget({ clock, sleep, maxBytes });
  const backbone = await createBackboneLibrary({ store, memory, clock, sleep }).byName('tiny');
  const plan = await createPlans({ compile, memory }).get(placeOf(backbone));
  return { plan, memory };
}

it('compiles where there is just room for the file and the compilation, and keeps what still fits', async () => {
  const { memory } = await planWithin(file.length + compileBytes);
  expect(memory.heldBytes()).toBeGreaterThanOrEqual(10);
  expect(memory.heldBytes()).toBeLessThanOrEqual(file.length + 10);
});

it('says at once that file and compilation never fit together, instead of waiting for itself', async () => {
  await expect(planWithin(file.length + compileBytes - 1)).rejects.toMatchObject({
    type: 'backbone-too-large',
    facts: { bytes: file.length + compileBytes },
  });
});

it('reserves what the graph takes to compile, not what a card says of it', async () => {
  const { clock, sleep } = createTime();
  const memory = createMemoryBudget({ clock, sleep, maxBytes: compileBytes - 1 });
  const modest = { ...card, parameters: 0 };
  const { graph } = readBackbone(file);
  const backbone = {
    name: 'tiny',
    digest,
    card: modest,
    arithmetic: float32,
    materials: async () => ({ graph }),
  };
  await expect(createPlans({ compile, memory }).get(placeOf(backbone))).rejects.toMatchObject({
    type: 'backbone-too-large',
    facts: { bytes: compileBytes },
  });
});
