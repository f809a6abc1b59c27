// backbones/<name>/<digest>.reference-<sha256>.safetensors: what a named set of pictures looks like inside a backbone,
// for one whose batch-norm layers, which would know it of the original data, have been folded away.
//
//   mean.<i>, deviation.<i>   F16 [channels], of the values at place i; deviation is the root of the variance
//   __metadata__              format "1", backbone (digest), set (for a person), images, places (JSON list of names)

import { type CurrentBackbone, QuantisedNamesSchema, referenceKey } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ObjectStore } from '../storage/index.ts';
import {
  fromFloat16,
  readSafetensors,
  type SafetensorsFile,
  sha256,
  type Tensor,
  toFloat16,
  writeSafetensors,
} from '../tensors/index.ts';

export interface ReferenceStatistics {
  /** Digest of the backbone that it belongs to. */
  backbone: string;
  /** What the pictures are, for a person: "400 photographs of cats and dogs". */
  name: string;
  images: number;
  /** Of each channel, by the place's name (lib/learning/evidence/places.ts). */
  places: ReadonlyMap<string, { mean: Float64Array; variance: Float64Array }>;
}

const formatVersion = '1';

/** The file's bytes: the same content gives the same ones. */
export function writeReferenceFile({
  backbone,
  name,
  images,
  places,
}: ReferenceStatistics): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Tensor>();
  for (const [i, { mean, variance }] of [...places.values()].entries()) {
    const shape = [mean.length];
    tensors.set(`mean.${i}`, { dtype: 'F16', shape, data: toFloat16(mean) });
    tensors.set(`deviation.${i}`, { dtype: 'F16', shape, data: toFloat16(variance.map(Math.sqrt)) });
  }
  return writeSafetensors(tensors, {
    format: formatVersion,
    backbone,
    set: name,
    images: String(images),
    places: JSON.stringify([...places.keys()]),
  });
}

/** Parses and checks a file from anywhere. @throws HeadwaterError `invalid-file` */
export function readReferenceFile(bytes: Uint8Array): ReferenceStatistics {
  const file = readSafetensors(bytes);
  const { format, backbone = '', set: name = '', images = '' } = file.metadata;
  if (format !== formatVersion)
    throw invalid(`its format is ${String(format)}, and this Headwater reads ${formatVersion}`);
  if (!/^[0-9a-f]{64}$/.test(backbone)) throw invalid('it names no backbone');
  if (!name || name.length > 200 || !/^\d{1,9}$/.test(images)) throw invalid('it does not say of what it is');
  const places = placesOf(file).map((place, i) => {
    const mean = Float64Array.from(valuesOf(file, `mean.${i}`));
    const variance = Float64Array.from(valuesOf(file, `deviation.${i}`), (deviation) => deviation ** 2);
    if (mean.length !== variance.length) throw invalid(`mean and deviation ${i} have different lengths`);
    return [place, { mean, variance }] as const;
  });
  return { backbone, name, images: Number(images), places: new Map(places) };
}

/**
 * The reference statistics that the bucket has of a backbone's file; null where there are none.
 *
 * @param current the note of what the backbone's name stands for
 * @throws HeadwaterError `digest-mismatch`, `invalid-file`
 */
export async function findReference(
  store: ObjectStore,
  current: Pick<CurrentBackbone, 'name' | 'digest' | 'reference'>,
): Promise<ReferenceStatistics | null> {
  const { name, digest, reference } = current;
  const object = reference && (await store.get(referenceKey(name, digest, reference)));
  if (!object) return null;
  if ((await sha256(object.body)) !== reference)
    throw new HeadwaterError(
      'digest-mismatch',
      `The reference statistics of backbone "${name}" are not what their digest says. Add the backbone again.`,
    );
  return readReferenceFile(object.body);
}

function placesOf({ metadata }: SafetensorsFile): string[] {
  try {
    return QuantisedNamesSchema.parse(JSON.parse(metadata.places ?? ''));
  } catch {
    throw invalid('its "places" is not what it should be');
  }
}

function valuesOf({ tensors }: SafetensorsFile, name: string): Float32Array {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== 'F16') throw invalid(`its "${name}" is missing, or not F16`);
  const values = fromFloat16(tensor.data as Uint16Array);
  if (values.length === 0 || !values.every(Number.isFinite)) throw invalid(`"${name}" holds no statistics`);
  return values;
}

const invalid = (why: string) =>
  new HeadwaterError('invalid-file', `The reference statistics are not valid: ${why}.`);
