// The open set's share of a head's file: tensors and metadata whose names begin with `openset.`. A file has all of
// them or none. As with the rest of the file, reading checks all that applying relies on.

import { HeadwaterError } from '../errors/index.ts';
import { fromFloat16, type Tensor, toFloat16 } from '../tensors/index.ts';
import type { OpenSet } from './open-set.ts';

/** Numbers in a basis, at most: 256 KiB of a file, however long the codes and however many the labels. */
export const maxBasisNumbers = 131_072;
/** Scales and precisions beyond these would overflow on finite codes. */
const largest = 1e100;

/** What a file says of an open set. @throws HeadwaterError `invalid-file` for a basis that would be rounded. */
export function openSetParts(openSet: OpenSet | undefined): {
  tensors: Record<string, Tensor>;
  metadata: Record<string, string>;
} {
  if (!openSet) return { tensors: {}, metadata: {} };
  const { method, scale, center, basis, precision, threshold } = openSet;
  const dims = center.length;
  const bits = toFloat16(basis);
  if (fromFloat16(bits).some((value, i) => value !== basis[i]))
    throw invalid('the basis of its open set is not of float16 numbers');
  return {
    tensors: {
      'openset.center': { dtype: 'F32', shape: [dims], data: center },
      'openset.basis': { dtype: 'F16', shape: [precision.length - 1, dims], data: bits },
      'openset.precision': { dtype: 'F64', shape: [precision.length], data: precision },
    },
    metadata: {
      'openset.method': method,
      'openset.scale': String(scale),
      'openset.threshold': String(threshold),
    },
  };
}

/** The inverse; undefined for a file that has none. @throws HeadwaterError `invalid-file` */
export function parseOpenSet(
  tensors: Map<string, Tensor>,
  metadata: Record<string, string>,
): OpenSet | undefined {
  if (![...tensors.keys(), ...Object.keys(metadata)].some((name) => name.startsWith('openset.'))) return;
  const center = take(tensors, 'center', 'F32', 1);
  const basis = take(tensors, 'basis', 'F16', 2);
  const precision = take(tensors, 'precision', 'F64', 1);
  if (basis.shape[1] !== center.shape[0] || basis.shape[0] !== precision.shape[0]! - 1)
    throw invalid('the sizes of its open set do not agree');
  return {
    method: metadata['openset.method'] as OpenSet['method'],
    scale: decimal(metadata['openset.scale']),
    center: center.data as Float32Array,
    basis: fromFloat16(basis.data as Uint16Array),
    precision: precision.data as Float64Array,
    threshold: decimal(metadata['openset.threshold']),
  };
}

/** @throws HeadwaterError `invalid-file` unless the open set can judge codes of `dims` numbers. */
export function checkOpenSet(openSet: OpenSet | undefined, dims: number): void {
  if (!openSet) return;
  const { method, scale, center, basis, precision, threshold } = openSet;
  if (method !== 'mahalanobis') throw invalid('its open set is of an unknown method');
  if (center.length !== dims) throw invalid('its open set is of codes of another length');
  if (precision.length < 2 || basis.length !== (precision.length - 1) * dims)
    throw invalid('the sizes of its open set do not agree');
  if (basis.length > maxBasisNumbers) throw invalid('its open set is too large');
  if (!(scale > 0 && scale < largest)) throw invalid('the scale of its open set is not above 0');
  if (!(threshold > 0 && Number.isFinite(threshold)))
    throw invalid('the threshold of its open set is not above 0');
  if (!center.every(Number.isFinite) || !basis.every((value) => Math.abs(value) <= 1.001))
    throw invalid('a number of its open set is out of range');
  if (!precision.every((value) => value > 0 && value < largest))
    throw invalid('a precision of its open set is not above 0');
}

function take(tensors: Map<string, Tensor>, name: string, dtype: Tensor['dtype'], rank: number): Tensor {
  const tensor = tensors.get(`openset.${name}`);
  if (tensor?.dtype !== dtype || tensor.shape.length !== rank)
    throw invalid(`it has no ${dtype} tensor "openset.${name}" of rank ${rank}`);
  return tensor;
}

/** NaN, which every check refuses, for what is no plain number. */
const decimal = (text: string | undefined) => (text?.trim() ? Number(text) : Number.NaN);

const invalid = (why: string) => new HeadwaterError('invalid-file', `Not a usable head: ${why}.`);
