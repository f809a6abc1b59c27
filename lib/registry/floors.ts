// Floors: the numbers that heads of a name have used, kept when such a head or its latest version is deleted. A
// new head of that name may belong to another dataset, and so to another coordinator, and an edge that has
// slept may still hold the old one: with numbers that go on, neither takes the one for the other.

import { type Floor, FloorSchema, floorKey } from '../contract/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import { fromJson, toJson } from '../tensors/index.ts';

export type FloorNumbers = Pick<Floor, 'version' | 'sequence'>;

/** What this name has used, zeroes if nothing. A document that is damaged counts as none: the coordinator's own
 *  journal is the other witness. */
export async function readFloor(store: ObjectStore, head: string): Promise<FloorNumbers> {
  const object = await store.get(floorKey(head));
  if (!object) return { version: 0, sequence: 0 };
  try {
    const { version, sequence } = FloorSchema.parse(fromJson(object.body));
    return { version, sequence };
  } catch {
    return { version: 0, sequence: 0 };
  }
}

/** Raises the floor of a name to these numbers where it is lower. */
export async function raiseFloor(
  store: ObjectStore,
  head: string,
  numbers: FloorNumbers,
  updated: string,
): Promise<FloorNumbers> {
  const there = await readFloor(store, head);
  const floor = {
    version: Math.max(there.version, numbers.version),
    sequence: Math.max(there.sequence, numbers.sequence),
  };
  if (floor.version === there.version && floor.sequence === there.sequence) return floor;
  const bytes = toJson(FloorSchema.parse({ format: 1, head, ...floor, updated }));
  await store.put(floorKey(head), bytes, { contentType: 'application/json' });
  return floor;
}
