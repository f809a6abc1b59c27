// Memory of a plan while it is written: buffers without addresses, and in the end one arena in which buffers share
// bytes if they never live at the same time.

/** Alignment of buffers and planes: a cache line. */
const lineBytes = 64;

export const alignUp = (bytes: number, to = lineBytes): number => Math.ceil(bytes / to) * to;

/** A run of bytes that lives from the first step that names it to the last. */
export interface Buffer {
  bytes: number;
  /** Index of those steps; `last` is Infinity for what is read after the run. */
  first: number;
  last: number;
  /** Set by {@link pack}. */
  address: number;
}

/** `offset` bytes into a buffer. */
export interface Ref {
  buffer: Buffer;
  offset: number;
}

export const newBuffer = (bytes: number): Buffer => ({
  bytes: alignUp(bytes),
  first: Infinity,
  last: -1,
  address: -1,
});

export const plus = (ref: Ref, bytes: number): Ref => ({ buffer: ref.buffer, offset: ref.offset + bytes });

/** Notes that step number `step` names the buffer. */
export function touch(buffer: Buffer, step: number): void {
  buffer.first = Math.min(buffer.first, step);
  buffer.last = Math.max(buffer.last, step);
}

/**
 * Gives every buffer its address, from `start`, and returns the end of the highest. The largest are placed first,
 * each at the lowest place where nothing lives at the same time. Two buffers that one step names always live at the
 * same time, so no kernel writes over what it reads: kernels compute some pixels twice.
 */
export function pack(buffers: readonly Buffer[], start: number): number {
  const placed: Buffer[] = [];
  let end = start;
  const bySize = buffers
    .filter(({ last }) => last >= 0)
    .sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const buffer of bySize) {
    let address = start;
    for (const other of placed) {
      if (other.first > buffer.last || other.last < buffer.first) continue;
      if (other.address >= address + buffer.bytes) break;
      address = Math.max(address, other.address + other.bytes);
    }
    buffer.address = address;
    const at = placed.findIndex((other) => other.address > address);
    placed.splice(at < 0 ? placed.length : at, 0, buffer);
    end = Math.max(end, address + buffer.bytes);
  }
  return end;
}
