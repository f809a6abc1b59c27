import { describeObjectStore } from './conformance.ts';
import { faultyStore } from './faulty.ts';
import { memoryStore } from './memory.ts';

const torn = (store: ReturnType<typeof memoryStore>) => (bytes: number) =>
  faultyStore(store, { plan: () => ({ kind: 'torn', bytes }) });

// Memory cannot tear a body itself; the fault stands between it and the reader.
describeObjectStore('memory', () => {
  const store = memoryStore();
  return { store, torn: torn(store) };
});

describeObjectStore('faulty without faults', () => {
  const store = memoryStore();
  return { store: faultyStore(store), torn: torn(store) };
});
