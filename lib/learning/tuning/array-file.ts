// A Float32Array as a file that is whole or nothing: a header that says what follows, a sum over it, and the values. Maps of
// integer plans have few distinct values, so those are written as places in a table of them: a quarter or half of the
// bytes, to the bit the same numbers.
//
//   magic u32 | count u32 | table u32 (0: none) | sum u32 | table f32[table] | places u8[count] or u16[count], or f32[count]

const magic = 0x31465748; // "HWF1"
const headerBytes = 16;
const maxTable = 0x10000;

/** The values as bytes. */
export function writeArrayFile(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const table = tableOf(bits);
  const body = table ? tabled(bits, table) : bytesOf(bits);
  const file = new Uint8Array(headerBytes + body.length);
  file.set(body, headerBytes);
  new Uint32Array(file.buffer, 0, 4).set([magic, values.length, table?.size ?? 0, sumOf(body)]);
  return file;
}

/** The values in a file; undefined if it is not whole. */
export function readArrayFile(file: Uint8Array): Float32Array | undefined {
  const { buffer, byteOffset, length } = file;
  if (length < headerBytes) return undefined;
  const header = new DataView(buffer, byteOffset, headerBytes);
  const [kind, count, table, sum] = [0, 4, 8, 12].map((at) => header.getUint32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  // A copy at the start of a buffer of its own, which a Buffer's `slice` is not.
  const body = new Uint8Array(file.subarray(headerBytes));
  const expected = table ? 4 * table + count * placeBytes(table) : 4 * count;
  if (kind !== magic || body.length !== expected || sumOf(body) !== sum) return undefined;
  if (!table) return new Float32Array(body.buffer);
  const values = new Float32Array(body.buffer, 0, table);
  const Places = placeBytes(table) === 1 ? Uint8Array : Uint16Array;
  const places = new Places(body.buffer, 4 * table, count);
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) out[i] = values[places[i]!]!;
  return out;
}

const placeBytes = (table: number) => (table <= 256 ? 1 : 2);

/** Bit patterns and their places, in order of appearance; undefined where a table would not make the file smaller. */
function tableOf(bits: Uint32Array): Map<number, number> | undefined {
  const table = new Map<number, number>();
  const most = Math.min(maxTable, bits.length >> 2);
  for (const pattern of bits) {
    if (table.has(pattern)) continue;
    if (table.size === most) return undefined;
    table.set(pattern, table.size);
  }
  return table.size ? table : undefined;
}

function tabled(bits: Uint32Array, table: Map<number, number>): Uint8Array {
  const width = placeBytes(table.size);
  const body = new Uint8Array(4 * table.size + width * bits.length);
  new Uint32Array(body.buffer, 0, table.size).set([...table.keys()]);
  const Places = width === 1 ? Uint8Array : Uint16Array;
  const places = new Places(body.buffer, 4 * table.size, bits.length);
  for (let i = 0; i < bits.length; i++) places[i] = table.get(bits[i]!)!;
  return body;
}

/** FNV-1a over words of 32 bits, the bytes that are left over last. */
function sumOf(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i]!, 0x01000193);
  for (let i = words.length * 4; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i]!, 0x01000193);
  return sum >>> 0;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array) =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
