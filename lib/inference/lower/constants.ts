// Weights, biases, scales and tables of a plan, one after the other from `planBase`. Tables of the same geometry are
// written once.

import { planBase } from '../kernels.ts';
import { alignUp } from './memory.ts';

export class Constants {
  readonly #parts: { bytes: Uint8Array; offset: number }[] = [];
  readonly #shared = new Map<string, number>();
  #length = 0;

  /** Appends bytes and returns their address. The array is kept, not copied, until {@link bytes}. */
  add(values: Uint8Array | Float32Array | Int32Array | Uint32Array | Int16Array | Int8Array): number {
    const offset = this.#length;
    this.#parts.push({ bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength), offset });
    this.#length = alignUp(offset + values.byteLength);
    return planBase + offset;
  }

  /** The address of what `make` gave for this key; it is called once. */
  shared(key: string, make: () => Parameters<Constants['add']>[0]): number {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const address = this.add(make());
    this.#shared.set(key, address);
    return address;
  }

  /** Address of what may be written after the constants. */
  get end(): number {
    return planBase + this.#length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    for (const { bytes, offset } of this.#parts) all.set(bytes, offset);
    return all;
  }
}
