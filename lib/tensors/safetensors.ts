// The safetensors container: an 8-byte little-endian header length, a JSON header, then raw little-endian
// tensors. We write it with the header padded so that every tensor is aligned, and read it with every offset
// checked, because a file comes from storage that nobody trusts.

import { HeadwaterError } from '../errors/index.ts';
import { fromJson, toJson } from './json.ts';

export type DType = 'F32' | 'F16' | 'I32' | 'I16' | 'U16' | 'I8' | 'U8' | 'F64';
export type TensorData =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/** One tensor of a file. `F16` is carried as its bits in a Uint16Array. */
export interface Tensor {
  dtype: DType;
  shape: number[];
  data: TensorData;
}

export interface SafetensorsFile {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/** A header larger than this is refused: the format's own limit is 100 MB, ours never comes near 16. */
const maxHeaderBytes = 16 * 1024 * 1024;

const constructors = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;

/**
 * Serialises tensors. The same input gives the same bytes: tensors go by descending alignment, then by name.
 *
 * @throws RangeError for what could not be read back: a shape or dtype that is not the data's, the name
 *   `__metadata__`, a header beyond the limit.
 */
export function writeSafetensors(
  tensors: Map<string, Tensor> | Record<string, Tensor>,
  metadata: Record<string, string> = {},
): Uint8Array<ArrayBuffer> {
  const entries = [...(tensors instanceof Map ? tensors : Object.entries(tensors))];
  const align = (t: Tensor) => constructors[t.dtype].BYTES_PER_ELEMENT;
  entries.sort(([a, s], [b, t]) => align(t) - align(s) || (a < b ? -1 : a > b ? 1 : 0));
  // A list of pairs until the end: assigning to header['__proto__'] would lose a tensor of that name.
  const header: [string, unknown][] = [['__metadata__', sortKeys(metadata)]];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    checkWritable(name, { dtype, shape, data });
    header.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const json = toJson(Object.fromEntries(header));
  if (json.length + 8 > maxHeaderBytes)
    throw new RangeError(`a header has at most ${maxHeaderBytes} bytes, this one has ${json.length}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(0x20, 8, 8 + headerBytes);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of entries) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function checkWritable(name: string, { dtype, shape, data }: Tensor): void {
  if (name === '__metadata__') throw new RangeError('no tensor may be called __metadata__');
  if (!isSizes(shape) || product(shape) !== data.length)
    throw new RangeError(`tensor ${name}: shape ${shape} does not hold ${data.length} values`);
  if (!(data instanceof constructors[dtype]))
    throw new RangeError(`tensor ${name}: its data is not of dtype ${dtype}`);
}

/**
 * Parses a file. Tensors are views where alignment allows, copies where it doesn't.
 *
 * @throws HeadwaterError `invalid-file` when anything does not add up.
 */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  if (file.length < 8) throw invalid('shorter than its header length');
  const headerBytes = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (headerBytes > maxHeaderBytes || 8 + headerBytes > file.length)
    throw invalid('header runs past the end');
  const header = parseHeader(file.subarray(8, 8 + headerBytes));
  const body = file.subarray(8 + headerBytes);
  const tensors = new Map<string, Tensor>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') metadata = readMetadata(entry);
    else tensors.set(name, readTensor(name, entry, body));
  }
  checkCoverage(header, body.length);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = fromJson(bytes);
    if (value && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the one error below.
  }
  throw invalid('the header is not a JSON object');
}

function readMetadata(entry: unknown): Record<string, string> {
  if (!entry || typeof entry !== 'object' || Array.isArray(entry))
    throw invalid('__metadata__ is not an object');
  for (const value of Object.values(entry))
    if (typeof value !== 'string') throw invalid('__metadata__ holds something other than strings');
  return entry as Record<string, string>;
}

function readTensor(name: string, entry: unknown, body: Uint8Array): Tensor {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(constructors, dtype))
    throw invalid(`${name}: unknown dtype`);
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    throw invalid(`${name}: bad shape or offsets`);
  const [begin, end] = offsets as [number, number];
  const Type = constructors[dtype as DType];
  const count = product(shape);
  if (end > body.length || end - begin !== count * Type.BYTES_PER_ELEMENT)
    throw invalid(`${name}: offsets do not fit its shape or the file`);
  const start = body.byteOffset + begin;
  const data =
    start % Type.BYTES_PER_ELEMENT === 0
      ? new Type(body.buffer as ArrayBuffer, start, count)
      : new Type(body.slice(begin, end).buffer as ArrayBuffer, 0, count);
  return { dtype: dtype as DType, shape, data };
}

/** Every byte belongs to exactly one tensor, so that a file can hide nothing and two files differ if bytes do. */
function checkCoverage(header: Record<string, unknown>, bodyBytes: number): void {
  const ranges = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([, entry]) => (entry as { data_offsets: [number, number] }).data_offsets)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let at = 0;
  for (const [begin, end] of ranges) {
    if (begin !== at) throw invalid('tensors overlap or leave a gap');
    at = end;
  }
  if (at !== bodyBytes) throw invalid('bytes after the last tensor, or too few');
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

const product = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

function sortKeys(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const invalid = (why: string) => new HeadwaterError('invalid-file', `Not a usable safetensors file: ${why}.`);
