// A bed to try kernels on: one instance of either build, a bump allocator, values laid out in planes and read back.
// Halos and surroundings of what is read are 0xff (NaN as float32, which spreads into results), those of what is to be
// written are 0xa5 (a NaN that is copied there shows), and `call` proves that a kernel changed nothing but what it was
// meant to write; so both kinds of trespass show. Only tests use it.

import { type KernelExports, type KernelName, planBase } from '../kernels.ts';

export type Format = 'f32' | 'i16' | 'u7';

/** Channels of a block, bytes of a pixel in a plane, bytes of a number. */
export const formats: Record<Format, { block: number; pixel: number; bytes: number }> = {
  f32: { block: 4, pixel: 16, bytes: 4 },
  i16: { block: 8, pixel: 16, bytes: 2 },
  u7: { block: 8, pixel: 8, bytes: 1 },
};

export interface Halo {
  top?: number;
  right?: number;
  bottom?: number;
  left?: number;
  /** Bytes that lie unused behind a line, and behind a plane. */
  slack?: number;
}

/** A value in the bed's memory. `address` is that of pixel (0, 0); pitches are in bytes. */
export interface Placed {
  format: Format;
  shape: [number, number, number];
  planes: number;
  address: number;
  plane: number;
  row: number;
}

/** What a kernel may write: a placed value's pixels, or bytes. */
export type Writes = Placed | { address: number; bytes: number };

/** Guard between what is laid out, so that a small trespass meets no neighbour. */
const guard = 256;

/** Bytes of halos and guards. */
const surroundings = { input: 0xff, output: 0xa5 } as const;

/** Input channels beyond the real ones hold this: finite, as kernels may ask, and no number that helps. */
const unusedChannel = 3;

export class KernelBed {
  readonly kernels: KernelExports;
  private bytes: Uint8Array;
  private view: DataView;
  private next = planBase;

  constructor(module: WebAssembly.Module, megabytes = 4) {
    this.kernels = new WebAssembly.Instance(module, {}).exports as unknown as KernelExports;
    const { memory } = this.kernels;
    memory.grow(megabytes * 16);
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.bytes.fill(0xff, planBase);
    this.reset();
  }

  /** Forgets everything that was laid out. */
  reset(): void {
    this.bytes.fill(0xff, planBase, this.next + guard);
    this.next = planBase + guard;
  }

  /** Room for an output, at a multiple of 16, or of `align`. */
  reserve(bytes: number, align = 16): number {
    return this.lay(bytes, surroundings.output, align);
  }

  private lay(bytes: number, fill: number, align = 16): number {
    const address = Math.ceil(this.next / align) * align;
    this.next = Math.ceil((address + bytes) / 16) * 16 + guard;
    if (this.next + guard > this.bytes.length)
      throw new RangeError('the bed is too small: ask for megabytes');
    this.bytes.fill(fill, address - guard / 2, address + bytes + guard / 2);
    return address;
  }

  f32(values: ArrayLike<number>): number {
    return this.numbers(values, 4, (at, v) => this.view.setFloat32(at, v, true));
  }

  i32(values: ArrayLike<number>): number {
    return this.numbers(values, 4, (at, v) => this.view.setInt32(at, v, true));
  }

  i16(values: ArrayLike<number>): number {
    return this.numbers(values, 2, (at, v) => this.view.setInt16(at, v, true));
  }

  u8(values: ArrayLike<number>): number {
    return this.numbers(values, 1, (at, v) => this.view.setUint8(at, v));
  }

  private numbers(values: ArrayLike<number>, size: number, set: (at: number, v: number) => void): number {
    const address = this.lay(values.length * size, surroundings.input);
    for (let i = 0; i < values.length; i++) set(address + i * size, values[i]!);
    return address;
  }

  /** Numbers from an address on. */
  read(format: Format, address: number, count: number): number[] {
    const { bytes } = formats[format];
    return Array.from({ length: count }, (_, i) => this.get(format, address + i * bytes));
  }

  /**
   * Lays out a picture [h, w, c] in planes of channel blocks; without `data` it is an output.
   * `data` is in memory order of [h, w, c].
   */
  place(format: Format, shape: [number, number, number], data?: ArrayLike<number>, halo: Halo = {}): Placed {
    const { top = 0, right = 0, bottom = 0, left = 0, slack = 0 } = halo;
    const { block, pixel } = formats[format];
    const [h, w, c] = shape;
    const planes = (Math.ceil(c / 8) * 8) / block;
    const row = (left + w + right) * pixel + slack;
    const plane = (top + h + bottom) * row + slack;
    const fill = data ? surroundings.input : surroundings.output;
    const address = this.lay(planes * plane, fill) + top * row + left * pixel;
    const placed = { format, shape, planes, address, plane, row };
    if (data)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++)
          for (let k = 0; k < planes * block; k++)
            this.set(format, addressOf(placed, y, x, k), k < c ? data[(y * w + x) * c + k]! : unusedChannel);
    return placed;
  }

  /** The picture in memory order [h, w, c]; `padded`: with the channels up to the next multiple of 8. */
  unplace(placed: Placed, padded = false): number[] {
    const [h, w, c] = placed.shape;
    const channels = padded ? Math.ceil(c / 8) * 8 : c;
    const out: number[] = [];
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        for (let k = 0; k < channels; k++) out.push(this.get(placed.format, addressOf(placed, y, x, k)));
    return out;
  }

  /** Calls a kernel and throws if it changed anything but `writes`. */
  call(kernel: KernelName, args: number[], ...writes: Writes[]): void {
    const before = this.bytes.slice(planBase, this.next + guard);
    this.kernels[kernel](...args);
    const after = new Uint32Array(this.bytes.slice(planBase, this.next + guard).buffer);
    for (const { address, bytes } of writes.flatMap(spans))
      before.set(this.bytes.subarray(address, address + bytes), address - planBase);
    const allowed = new Uint32Array(before.buffer);
    for (let i = 0; i < after.length; i++)
      if (after[i] !== allowed[i])
        throw new Error(`${kernel} wrote at byte ${planBase + i * 4}, outside its output`);
  }

  get(format: Format, address: number): number {
    if (format === 'f32') return this.view.getFloat32(address, true);
    return format === 'i16' ? this.view.getInt16(address, true) : this.view.getUint8(address);
  }

  set(format: Format, address: number, value: number): void {
    if (format === 'f32') this.view.setFloat32(address, value, true);
    else if (format === 'i16') this.view.setInt16(address, value, true);
    else this.view.setUint8(address, value);
  }
}

/** Where channel `k` of pixel (y, x) lies; (y, x) may be in the halo. */
export function addressOf(placed: Placed, y: number, x: number, k: number): number {
  const { block, pixel, bytes } = formats[placed.format];
  const plane = Math.floor(k / block) * placed.plane;
  return placed.address + plane + y * placed.row + x * pixel + (k % block) * bytes;
}

/**
 * Weights [taps][K][N] of a convolution or dense layer as the kernels read them, [N/8][taps][K/ks][8][ks], zeros
 * behind K and N.
 */
export function packWeights(
  weights: ArrayLike<number>,
  [taps, k, n]: [number, number, number],
  ks: 1 | 2 | 4,
): number[] {
  const [k8, n8] = [Math.ceil(k / 8) * 8, Math.ceil(n / 8) * 8];
  const packed = new Array<number>(taps * k8 * n8).fill(0);
  for (let t = 0; t < taps; t++)
    for (let i = 0; i < k; i++)
      for (let o = 0; o < n; o++) {
        const panel = (o >> 3) * taps * k8 * 8 + t * k8 * 8;
        packed[panel + Math.floor(i / ks) * 8 * ks + (o & 7) * ks + (i % ks)] = weights[(t * k + i) * n + o]!;
      }
  return packed;
}

/** A table of pixels: `at(y, x)` for every output pixel, the last repeated up to the margin that kernels ask for. */
export function pixelTable(h: number, w: number, at: (y: number, x: number) => number, margin = 8): number[] {
  const table: number[] = [];
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) table.push(at(y, x));
  while (table.length < margin) table.push(table[table.length - 1]!);
  return table;
}

/** `values` followed by zeros up to a multiple of 8. */
export function padded8(values: ArrayLike<number>): number[] {
  return Array.from({ length: Math.ceil(values.length / 8) * 8 }, (_, i) => values[i] ?? 0);
}

function spans(writes: Writes): { address: number; bytes: number }[] {
  if (!('format' in writes)) return [writes];
  const { pixel } = formats[writes.format];
  const [h, w] = writes.shape;
  return Array.from({ length: writes.planes * h }, (_, i) => ({
    address: writes.address + Math.floor(i / h) * writes.plane + (i % h) * writes.row,
    bytes: w * pixel,
  }));
}
