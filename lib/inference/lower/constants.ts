// Weights, biases, scales and tables of a plan, one after the other from `planBase`. Tables of the same geometry are
// written once. What can be much larger than the file that a graph came in (tables of pixels, groups joined into one
// kernel) is only measured here, and made when the plan has been admitted.

import { planBase } from '../kernels.ts';
import { alignUp } from './memory.ts';

type Values = Uint8Array | Float32Array | Int32Array | Uint32Array | Int16Array | Int8Array;

export class Constants {
  readonly #parts: { offset: number; byteLength: number; make: () => Values }[] = [];
  readonly #shared = new Map<string, number>();
  #length = 0;

  /** Appends bytes and returns their address. The array is kept, not copied, until {@link bytes}. */
  add(values: Values): number {
    return this.later(values.byteLength, () => values);
  }

  /** The address of `byteLength` bytes that `make` will give to {@link bytes}. */
  later(byteLength: number, make: () => Values): number {
    const offset = this.#length;
    this.#parts.push({ offset, byteLength, make });
    this.#length = alignUp(offset + byteLength);
    return planBase + offset;
  }

  /** The address of what `make` gives for this key, `byteLength` bytes; it is called once. */
  shared(key: string, byteLength: number, make: () => Values): number {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const address = this.later(byteLength, make);
    this.#shared.set(key, address);
    return address;
  }

  /** Address of what may be written after the constants. */
  get end(): number {
    return planBase + this.#length;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    for (const { offset, byteLength, make } of this.#parts) {
      const values = make();
      if (values.byteLength !== byteLength)
        throw new Error(`a constant has ${values.byteLength} bytes instead of ${byteLength}`);
      all.set(new Uint8Array(values.buffer, values.byteOffset, byteLength), offset);
    }
    return all;
  }
}
