// backbones/<name>/<digest>.quant-<sha256>.safetensors: what quantising a backbone needs to know, and codes that prove
// an engine bit for bit. The same content gives the same bytes, whose SHA-256 is part of a code space; figures that
// were measured stand in current.json instead, so that measuring again renames nothing.
//
//   ranges, channels, extents, means   as in packed-statistics.ts
//   golden.<arithmetic>.<alias>        F32, the code of the backbone's golden input at that tap
//   __metadata__                       format "1", backbone (digest), values (JSON list), kernels (JSON, by arithmetic)

import { QuantisedKernelsSchema, QuantisedNamesSchema } from '../contract/index.ts';
import { HeadwaterError } from '../errors/index.ts';
import type { ArithmeticKind, Quantisation, ValueStatistics } from '../inference/index.ts';
import { readSafetensors, type SafetensorsFile, type Tensor, writeSafetensors } from '../tensors/index.ts';
import { packStatistics, unpackStatistics } from './packed-statistics.ts';

export type IntegerKind = Exclude<ArithmeticKind, 'float32'>;
export const integerKinds: readonly IntegerKind[] = ['int16', 'int8'];

/** Codes of the backbone's golden input in one arithmetic. */
export interface IntegerGolden {
  /** The kernels that made them; others may give other bits. */
  kernel: string;
  /** By tap alias, pooled. */
  codes: Record<string, Float32Array>;
}

export interface QuantisationContent {
  /** Digest of the backbone that it belongs to. */
  backbone: string;
  values: ReadonlyMap<string, ValueStatistics>;
  /** Of the arithmetics in which this backbone can be compiled. */
  golden: Partial<Record<IntegerKind, IntegerGolden>>;
}

const formatVersion = '1';

/** The file's bytes. Statistics lose what packing loses: use those that {@link readQuantisationFile} gives back. */
export function writeQuantisationFile(content: QuantisationContent): Uint8Array<ArrayBuffer> {
  const { names, ranges, channels, extents, means } = packStatistics(content.values);
  const n = names.length;
  const tensors = new Map<string, Tensor>([
    ['ranges', { dtype: 'F32', shape: [n, 4], data: ranges }],
    ['channels', { dtype: 'I32', shape: [n], data: channels }],
    ['extents', { dtype: 'F32', shape: [n, 2], data: extents }],
    ['means', { dtype: 'U8', shape: [means.length], data: means }],
  ]);
  const kernels: Partial<Record<IntegerKind, string>> = {};
  for (const kind of integerKinds) {
    const golden = content.golden[kind];
    if (!golden) continue;
    kernels[kind] = golden.kernel;
    for (const [alias, code] of Object.entries(golden.codes))
      tensors.set(`golden.${kind}.${alias}`, { dtype: 'F32', shape: [code.length], data: code });
  }
  return writeSafetensors(tensors, {
    format: formatVersion,
    backbone: content.backbone,
    values: JSON.stringify(names),
    kernels: JSON.stringify(kernels),
  });
}

/** Parses and checks a file from anywhere. @throws HeadwaterError `invalid-file` */
export function readQuantisationFile(bytes: Uint8Array): QuantisationContent {
  const file = readSafetensors(bytes);
  const { format, backbone = '' } = file.metadata;
  if (format !== formatVersion)
    throw invalid(`its format is ${String(format)}, and this Headwater reads ${formatVersion}`);
  if (!/^[0-9a-f]{64}$/.test(backbone)) throw invalid('it names no backbone');
  return {
    backbone,
    values: unpackStatistics({
      names: json(file, 'values', QuantisedNamesSchema),
      ranges: tensorOf(file, 'ranges', 'F32') as Float32Array,
      channels: tensorOf(file, 'channels', 'I32') as Int32Array,
      extents: tensorOf(file, 'extents', 'F32') as Float32Array,
      means: tensorOf(file, 'means', 'U8') as Uint8Array,
    }),
    golden: readGolden(file),
  };
}

/** What a plan needs of a file. `digest` is the one that the bytes were checked against. Errors as above. */
export const readQuantisation = (bytes: Uint8Array, digest: string): Quantisation => ({
  digest,
  values: readQuantisationFile(bytes).values,
});

function readGolden(file: SafetensorsFile): QuantisationContent['golden'] {
  const kernels = json(file, 'kernels', QuantisedKernelsSchema);
  const golden: QuantisationContent['golden'] = {};
  for (const kind of integerKinds) {
    const kernel = kernels[kind];
    if (kernel !== undefined) golden[kind] = { kernel, codes: {} };
  }
  for (const [name, { data }] of file.tensors) {
    if (tableNames.has(name)) continue;
    const [, kind, alias] = /^golden\.(int16|int8)\.(.+)$/s.exec(name) ?? [];
    const entry = golden[kind as IntegerKind];
    if (!entry) throw invalid(`it holds "${name}", which belongs to nothing`);
    const code = tensorOf(file, name, 'F32') as Float32Array;
    if (data.length === 0 || !code.every(Number.isFinite)) throw invalid(`"${name}" is no code`);
    entry.codes = { ...entry.codes, [alias!]: code };
  }
  for (const [kind, { codes }] of Object.entries(golden))
    if (Object.keys(codes).length === 0) throw invalid(`it has no golden code in ${kind}`);
  return golden;
}

const tableNames: ReadonlySet<string> = new Set(['ranges', 'channels', 'extents', 'means']);

function tensorOf({ tensors }: SafetensorsFile, name: string, dtype: Tensor['dtype']): Tensor['data'] {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== dtype) throw invalid(`its "${name}" is missing, or not ${dtype}`);
  return tensor.data;
}

function json<T>({ metadata }: SafetensorsFile, name: string, schema: { parse(value: unknown): T }): T {
  try {
    return schema.parse(JSON.parse(metadata[name] ?? ''));
  } catch {
    throw invalid(`its "${name}" is not what it should be`);
  }
}

const invalid = (why: string) => new HeadwaterError('invalid-file', `The quantisation is not valid: ${why}.`);
