import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { loadImageModule } from './image-node.ts';
import { createImageInstances, type ImageInstances } from './wasm.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Work that never ends, as that of a cancelled request in workerd. */
async function begin(instances: ImageInstances): Promise<WeakRef<WebAssembly.Memory>> {
  let memory: WeakRef<WebAssembly.Memory> | undefined;
  instances.use((wasm) => {
    memory = new WeakRef(wasm.memory);
    return new Promise(() => {});
  });
  return memory!;
}

it('lets the memory of a picture go whose request was cancelled in the middle', async () => {
  const instances = createImageInstances(await loadImageModule());
  const memory = await begin(instances);
  await new Promise((resolve) => setTimeout(resolve));
  collectGarbage();
  expect(memory.deref()).toBeUndefined();
  expect(instances.memory().heldBytes).toBe(0);
  expect(await instances.use(() => 'the next one')).toBe('the next one');
});
