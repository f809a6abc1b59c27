// A ceiling for the memory of a WebAssembly module that declares none. Headers tell how large a picture is, not how
// much a decoder needs for it: 300 KB of lossless WebP can ask for 65,536 Huffman tables, 820 MB. With a ceiling the
// decoder's own `malloc` fails, and the picture is refused like any other that is damaged.

const preambleBytes = 8;
const memorySection = 5;
const pageBytes = 65_536;

/**
 * The module with a maximum in its memory section.
 *
 * @param module a WebAssembly binary with one memory of its own and no maximum
 * @param maxBytes what the memory may grow to; rounded down to whole pages
 * @throws Error if the module is of another kind: nothing that ships may run without its ceiling
 */
export function withMemoryLimit(module: Uint8Array, maxBytes: number): Uint8Array<ArrayBuffer> {
  for (let at = preambleBytes; at < module.length; ) {
    const id = module[at];
    const length = readLeb(module, at + 1);
    const end = length.next + length.value;
    if (id === memorySection) {
      const section = limited(module.subarray(length.next, end), Math.floor(maxBytes / pageBytes));
      return Uint8Array.from([...module.subarray(0, at), ...section, ...module.subarray(end)]);
    }
    at = end;
  }
  throw new Error('This module has no memory of its own.');
}

/** A whole memory section, id and length included, out of the contents of one without a maximum. */
function limited(contents: Uint8Array, maxPages: number): number[] {
  const [memories, flags] = contents;
  const initial = readLeb(contents, 2);
  if (memories !== 1 || flags !== 0 || initial.next !== contents.length || initial.value > maxPages)
    throw new Error('This memory has a maximum already, or needs more to begin with.');
  const body = [1, 1, ...writeLeb(initial.value), ...writeLeb(maxPages)];
  return [memorySection, ...writeLeb(body.length), ...body];
}

/** An unsigned LEB128 number (WebAssembly core 1, 5.2.2) and the index behind it. */
function readLeb(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0;
  for (let at = from, unit = 1; ; at++, unit *= 128) {
    const byte = bytes[at] ?? 0;
    value += (byte & 127) * unit;
    if (byte < 128) return { value, next: at + 1 };
  }
}

function writeLeb(value: number): number[] {
  return value < 128 ? [value] : [128 | (value & 127), ...writeLeb(value >> 7)];
}
