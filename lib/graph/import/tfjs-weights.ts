// The weights of a tfjs model: manifest groups over one run of bytes, float32, or quantised to uint8, uint16 or
// float16. Integers stay as the file has them.

import { fromFloat16 } from '../../tensors/index.ts';
import type { Weight } from '../graph.ts';
import { invalid, unsupported } from '../problems.ts';
import { sizeOf } from '../weights.ts';
import { type Json, list, number, object, shape, show, text } from './json.ts';

const bytesPerValue = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;
type StoredType = keyof typeof bytesPerValue;

/** Paths of the weight files in the order in which their bytes are joined. */
export function weightPaths(modelJson: unknown): string[] {
  const groups = list(object(modelJson, 'model.json').weightsManifest, 'weightsManifest');
  return groups.flatMap((group) =>
    list(object(group, 'weightsManifest').paths, 'paths').map((path) =>
      text(path, 'A path of weightsManifest'),
    ),
  );
}

/**
 * Every weight of the manifest by name. `bytes` is all groups' files joined in order.
 *
 * A quantised weight has value = scale · q + min in the file, so its zero point is −min / scale.
 *
 * @throws HeadwaterError `invalid-file` when manifest and bytes do not agree.
 */
export function readTfjsWeights(manifest: unknown, bytes: Uint8Array): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const group of list(manifest, 'weightsManifest'))
    for (const item of list(object(group, 'weightsManifest').weights, 'weightsManifest.weights')) {
      const entry = object(item, 'An entry of weightsManifest');
      const name = text(entry.name, "A weight's name");
      const stored = storedType(entry, name);
      const sides = shape(entry.shape, `The shape of weight "${name}"`);
      const length = sizeOf(sides) * bytesPerValue[stored];
      if (!Number.isSafeInteger(length) || offset + length > bytes.length)
        throw invalid(
          `Weight "${name}" runs past the ${bytes.length} bytes of weights: a weight file is missing or cut short.`,
        );
      if (weights.has(name)) throw invalid(`Two weights are called "${name}".`);
      weights.set(name, readWeight(entry, name, stored, sides, bytes.slice(offset, offset + length)));
      offset += length;
    }
  if (offset !== bytes.length)
    throw invalid(`The weight files hold ${bytes.length} bytes, the manifest lists ${offset}.`);
  return weights;
}

function storedType(entry: Json, name: string): StoredType {
  const quantisation = entry.quantization;
  const dtype =
    quantisation === undefined ? entry.dtype : object(quantisation, `The quantization of "${name}"`).dtype;
  const known = typeof dtype === 'string' && Object.hasOwn(bytesPerValue, dtype);
  if (!known)
    throw unsupported(`Weight "${name}" is stored as ${show(dtype)}, which Headwater does not read.`);
  return dtype as StoredType;
}

/** `bytes` is the weight's own copy, so it is aligned. */
function readWeight(
  entry: Json,
  name: string,
  stored: StoredType,
  shape: number[],
  bytes: Uint8Array<ArrayBuffer>,
): Weight {
  const float = (data: Float32Array): Weight => ({ kind: 'float32', shape, data });
  switch (stored) {
    case 'float32':
      return float(new Float32Array(bytes.buffer));
    case 'int32':
      return float(Float32Array.from(new Int32Array(bytes.buffer)));
    case 'bool':
      return float(Float32Array.from(bytes));
    case 'float16':
      return float(fromFloat16(new Uint16Array(bytes.buffer)));
    case 'uint8':
    case 'uint16': {
      const data = stored === 'uint8' ? bytes : new Uint16Array(bytes.buffer);
      if (entry.quantization === undefined) return float(Float32Array.from(data));
      const { scale: s, min: m } = entry.quantization as Json;
      const [scale, min] = [number(s, `The scale of "${name}"`), number(m, `The minimum of "${name}"`)];
      const integers = entry.dtype === 'int32';
      if (integers) return float(Float32Array.from(data, (q) => Math.round(q * scale + min)));
      const zeroPoint = -min / scale;
      if (
        !(
          Math.fround(scale) !== 0 &&
          Number.isFinite(Math.fround(zeroPoint)) &&
          Number.isFinite(Math.fround(scale))
        )
      )
        return float(Float32Array.from(data, (q) => q * scale + min));
      return {
        kind: 'quantised',
        shape,
        data,
        scale: Float32Array.of(scale),
        zeroPoint: Float32Array.of(zeroPoint),
      };
    }
  }
}
