// The artefact: a linear classifier on codes, as one safetensors file. `weight` F32 [C, D] and `bias` F32 [C] are
// tensors; what they mean stands in the metadata. A file comes from storage that nobody trusts, so reading it
// checks everything that applying it relies on.

import { HeadwaterError } from '../errors/index.ts';
import { readSafetensors, type Tensor, writeSafetensors } from '../tensors/index.ts';
import { type Calibration, checkCalibration } from './calibration.ts';
import type { OpenSet } from './open-set.ts';
import { checkOpenSet, openSetParts, parseOpenSet } from './open-set-file.ts';

export type HeadKind = 'softmax' | 'svm';

/** A linear head. Logits are (weight·code + bias); `calibration` says how they become probabilities. */
export interface Head {
  kind: HeadKind;
  /** One for each class, in the order of the rows. */
  labels: string[];
  /** Length of a code. */
  dims: number;
  /** [C, D], row-major. */
  weight: Float32Array;
  /** [C]. */
  bias: Float32Array;
  calibration: Calibration;
  /** Tells what is none of the labels; a head without it always names one. */
  openSet?: OpenSet;
  /** Codes of another code space mean nothing to this head. */
  codeSpace: string;
  /** SHA-256 of the backbone's file. */
  backbone: string;
}

export const headFormat = '1';
/** Most classes, and longest code, that a head may have: 4·C·D bytes then stay below 64 MiB or are refused. */
export const maxClasses = 10_000;
export const maxDims = 65_536;
export const maxHeadBytes = 64 * 1024 * 1024;

const sha256Pattern = /^[0-9a-f]{64}$/;

/**
 * A head as a file; equal heads give equal bytes.
 *
 * @throws HeadwaterError `invalid-file` if it would not be read back.
 */
export function writeHead(head: Head): Uint8Array<ArrayBuffer> {
  checkHead(head);
  const classes = head.labels.length;
  const openSet = openSetParts(head.openSet);
  return writeSafetensors(
    {
      weight: { dtype: 'F32', shape: [classes, head.dims], data: head.weight },
      bias: { dtype: 'F32', shape: [classes], data: head.bias },
      ...calibrationTensors(head.calibration),
      ...openSet.tensors,
    },
    {
      format: headFormat,
      kind: head.kind,
      labels: JSON.stringify(head.labels),
      calibration: head.calibration.method,
      temperature: String(temperatureOf(head.calibration)),
      codeSpace: head.codeSpace,
      backbone: head.backbone,
      ...openSet.metadata,
    },
  );
}

/**
 * The inverse of {@link writeHead}. The arrays may be views of `bytes`.
 *
 * @throws HeadwaterError `invalid-file`, saying what does not fit.
 */
export function readHead(bytes: Uint8Array): Head {
  if (bytes.length > maxHeadBytes) throw invalid(`it is larger than ${maxHeadBytes} bytes`);
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== headFormat)
    throw invalid(`its format is "${metadata.format}", not "${headFormat}"`);
  const weight = float32(tensors, 'weight', 2);
  const bias = float32(tensors, 'bias', 1);
  const openSet = parseOpenSet(tensors, metadata);
  const head: Head = {
    kind: metadata.kind as HeadKind,
    labels: parseLabels(metadata.labels),
    dims: weight.shape[1]!,
    weight: weight.data,
    bias: bias.data,
    calibration: parseCalibration(tensors, metadata),
    ...(openSet && { openSet }),
    codeSpace: metadata.codeSpace ?? '',
    backbone: metadata.backbone ?? '',
  };
  if (weight.shape[0] !== head.labels.length) throw invalid('it has not one row of weights for each label');
  checkHead(head);
  return head;
}

function checkHead(head: Head): void {
  const { kind, labels, dims, weight, bias, calibration, openSet, codeSpace, backbone } = head;
  const classes = labels.length;
  if (kind !== 'softmax' && kind !== 'svm') throw invalid(`its kind is "${kind}"`);
  if (classes < 2 || classes > maxClasses) throw invalid(`it has ${classes} labels`);
  if (labels.some((label) => label === '') || new Set(labels).size !== classes)
    throw invalid('its labels are not distinct names');
  if (!Number.isInteger(dims) || dims < 1 || dims > maxDims) throw invalid(`its codes have ${dims} numbers`);
  if (weight.length !== classes * dims || bias.length !== classes) throw invalid('its sizes do not agree');
  if (!weight.every(Number.isFinite) || !bias.every(Number.isFinite))
    throw invalid('a weight is not a finite number');
  checkCalibration(calibration, classes);
  checkOpenSet(openSet, dims);
  if (!sha256Pattern.test(codeSpace)) throw invalid('its code space is not a digest');
  if (!sha256Pattern.test(backbone)) throw invalid('its backbone is not a digest');
}

/** What a manifest states besides: 1 where logits are not divided. */
export const temperatureOf = (calibration: Calibration) =>
  calibration.method === 'temperature' ? calibration.temperature : 1;

function calibrationTensors(calibration: Calibration): Record<string, Tensor> {
  if (calibration.method !== 'platt') return {};
  const { slope, intercept } = calibration;
  const shape = [slope.length];
  return {
    'platt.slope': { dtype: 'F64', shape, data: slope },
    'platt.intercept': { dtype: 'F64', shape, data: intercept },
  };
}

function parseCalibration(tensors: Map<string, Tensor>, metadata: Record<string, string>): Calibration {
  // Files of the first release state a temperature of 1 and no method.
  const method = metadata.calibration ?? 'none';
  if (method === 'temperature') return { method, temperature: Number(metadata.temperature) };
  if (method !== 'platt') return { method: method as 'none' };
  return { method, slope: float64(tensors, 'platt.slope'), intercept: float64(tensors, 'platt.intercept') };
}

function parseLabels(text: string | undefined): string[] {
  try {
    const labels: unknown = JSON.parse(text ?? '');
    if (Array.isArray(labels) && labels.every((label) => typeof label === 'string')) return labels;
  } catch {
    // Falls through to the one error below.
  }
  throw invalid('its labels are not a JSON list of strings');
}

function float32(tensors: Map<string, Tensor>, name: string, rank: number) {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== 'F32' || tensor.shape.length !== rank)
    throw invalid(`it has no float32 tensor "${name}" of rank ${rank}`);
  return { shape: tensor.shape, data: tensor.data as Float32Array };
}

function float64(tensors: Map<string, Tensor>, name: string): Float64Array {
  const tensor = tensors.get(name);
  if (tensor?.dtype !== 'F64' || tensor.shape.length !== 1)
    throw invalid(`it has no float64 tensor "${name}" of rank 1`);
  return tensor.data as Float64Array;
}

const invalid = (why: string) => new HeadwaterError('invalid-file', `Not a usable head: ${why}.`);
