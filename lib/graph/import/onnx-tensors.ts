// TensorProto → constant. Weights come as raw bytes or in typed fields, as float32, float16 or double; integers are
// shapes, axes and the like.

import { fromFloat16, fromFloat16Bits } from '../../tensors/index.ts';
import { invalid, unsupported } from '../problems.ts';
import { sizeOf } from '../weights.ts';
import { type OnnxGraph, type OnnxTensor, toNumber } from './onnx-schema.ts';

/** A tensor whose values are known. Floats are float32, integers exact to 2^53. */
export interface Constant {
  kind: 'constant';
  /** Unique among constants: the initialiser's or the node's output's. */
  name: string;
  shape: number[];
  values: Float32Array | Float64Array;
  integer: boolean;
}

/** Finds a file that lies beside the model; undefined if there is none. */
export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

/** Most axes of a tensor. */
const maxRank = 8;
const typeNames = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
];
const float32 = 1;
const float16 = 10;
const float64 = 11;
const bytesPerValue: Record<number, number> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
};

/** Whether a tensor element type (its number in the schema) is a floating-point one. */
export const isFloat = (type: number): boolean => type === float32 || type === float16 || type === float64;

/** A tensor element type by its number, in words. */
export const typeName = (type: number): string => typeNames[type] ?? `type ${type}`;

/**
 * A tensor's values.
 *
 * @throws HeadwaterError `invalid-file` when its bytes do not fit its shape; `unsupported-graph` for an element type
 * that Headwater does not read
 */
export function readTensor(tensor: OnnxTensor, name: string, external?: ExternalFiles): Constant {
  const shape = (tensor.dims ?? []).map(toNumber);
  if (shape.length > maxRank || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw invalid(`Tensor "${name}" has the shape [${shape.slice(0, maxRank)}], which is none.`);
  const type = tensor.dataType ?? 0;
  if (!bytesPerValue[type])
    throw unsupported(
      `Tensor "${name}" is stored as ${typeName(type)}, which Headwater does not read. Export it as float32.`,
    );
  const raw = rawBytes(tensor, name, external);
  const values = raw ? fromRaw(raw, type, sizeOf(shape), name) : fromFields(tensor, type, name);
  if (values.length !== sizeOf(shape))
    throw invalid(`Tensor "${name}" has ${values.length} values, which is not [${shape}].`);
  return { kind: 'constant', name, shape, values, integer: !isFloat(type) };
}

/** Names of the other files that a model keeps weights in. */
export function externalNames(graph: OnnxGraph): string[] {
  const outside = (graph.initializer ?? []).filter((tensor) => tensor.dataLocation === 1);
  return [...new Set(outside.map((tensor) => externalEntry(tensor, 'location') ?? ''))];
}

const externalEntry = (tensor: OnnxTensor, key: string): string | undefined =>
  tensor.externalData?.find((entry) => entry.key === key)?.value;

/** The bytes of a tensor that stores them as a block, here or in another file; undefined if it does not. */
function rawBytes(tensor: OnnxTensor, name: string, external?: ExternalFiles): Uint8Array | undefined {
  if (tensor.dataLocation !== 1) return tensor.rawData?.length ? tensor.rawData : undefined;
  const entry = (key: string) => externalEntry(tensor, key);
  const location = entry('location') ?? '';
  const file = external?.get(location);
  if (!file)
    throw invalid(
      `The values of "${name}" lie in another file, "${location.slice(0, 200)}". Put it beside the model.`,
    );
  const offset = Number(entry('offset') ?? 0);
  const length = Number(entry('length') ?? file.length - offset);
  if (![offset, length].every((n) => Number.isSafeInteger(n) && n >= 0) || offset + length > file.length)
    throw invalid(`The values of "${name}" run past the end of "${location.slice(0, 200)}".`);
  return file.subarray(offset, offset + length);
}

/** Little-endian values; the bytes are copied, so that they are aligned. */
function fromRaw(raw: Uint8Array, type: number, count: number, name: string): Float32Array | Float64Array {
  if (raw.length !== count * bytesPerValue[type]!)
    throw invalid(
      `Tensor "${name}" has ${raw.length} bytes for ${count} values of ${typeName(type)}: the file is damaged.`,
    );
  const { buffer } = new Uint8Array(raw);
  switch (type) {
    case float32:
      return new Float32Array(buffer);
    case float16:
      return fromFloat16(new Uint16Array(buffer));
    case float64:
      return Float32Array.from(new Float64Array(buffer));
    case 3:
      return Float64Array.from(new Int8Array(buffer));
    case 4:
      return Float64Array.from(new Uint16Array(buffer));
    case 5:
      return Float64Array.from(new Int16Array(buffer));
    case 6:
      return Float64Array.from(new Int32Array(buffer));
    case 12:
      return Float64Array.from(new Uint32Array(buffer));
    case 7:
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case 13:
      return Float64Array.from(new BigUint64Array(buffer), Number);
    default:
      return Float64Array.from(new Uint8Array(buffer));
  }
}

/** Values in the typed fields; types narrower than 32 bits share the field of int32, float16 as its bits. */
function fromFields(tensor: OnnxTensor, type: number, name: string): Float32Array | Float64Array {
  const bytes = (pieces: Uint8Array[] | undefined, width: number) => {
    const joined = joinedBytes(pieces ?? []);
    if (joined.length % width) throw invalid(`Tensor "${name}" ends in the middle of a value.`);
    return joined.buffer;
  };
  if (type === float32) return new Float32Array(bytes(tensor.floatData, 4));
  if (type === float64) return Float32Array.from(new Float64Array(bytes(tensor.doubleData, 8)));
  const field =
    type === 7 ? tensor.int64Data : type === 12 || type === 13 ? tensor.uint64Data : tensor.int32Data;
  const values = varints(joinedBytes(field ?? []), type !== 12 && type !== 13, name);
  return type === float16 ? Float32Array.from(values, (bits) => fromFloat16Bits(bits & 0xffff)) : values;
}

function joinedBytes(pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Protobuf's variable-length integers: seven bits a byte, least significant first, two's complement in 64 bits. */
function varints(bytes: Uint8Array, signed: boolean, name: string): Float64Array {
  const count = bytes.reduce((n, byte) => n + (byte < 0x80 ? 1 : 0), 0);
  const values = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const start = at;
    let low = 0;
    let high = 0;
    for (let more = true; more; at++) {
      const shift = 7 * (at - start);
      if (shift > 63) throw invalid(`Tensor "${name}" holds an integer of more than 64 bits.`);
      const byte = bytes[at]!;
      // 28 bits and the rest, so that each part is exact in a double.
      if (shift < 28) low += (byte & 0x7f) * 2 ** shift;
      else high += (byte & 0x7f) * 2 ** (shift - 28);
      more = byte >= 0x80;
    }
    // 64 bits: low has 28, high 36 (and what a tenth byte has beyond that, which is dropped).
    high %= 2 ** 36;
    values[i] = signed && high >= 2 ** 35 ? (high - 2 ** 36) * 2 ** 28 + low : high * 2 ** 28 + low;
  }
  if (at !== bytes.length) throw invalid(`Tensor "${name}" ends in the middle of a value.`);
  return values;
}
