// Small tfjs models written by hand, for the importer's tests. Tests only.

import { expect } from 'vitest';
import { HeadwaterError } from '../../errors/index.ts';
import { random } from '../testing.ts';
import { importTfjs, type TfjsModel } from './tfjs.ts';

/** A weight to be written; `quantised` as uint8 with the given minimum and scale. */
export interface SourceWeight {
  name: string;
  shape: number[];
  values?: number[];
  dtype?: 'float32' | 'int32';
  quantised?: { dtype: 'uint8' | 'uint16' | 'float16'; min?: number; scale?: number };
}

/** Manifest and bytes of weights; values that are not given are random. */
export function sourceWeights(
  weights: SourceWeight[],
  seed = 1,
): { weightsManifest: unknown[]; weights: Uint8Array } {
  const next = random(seed);
  const parts: Uint8Array[] = [];
  const entries = weights.map(({ name, shape, values, dtype = 'float32', quantised }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const numbers = values ?? Array.from({ length }, next);
    const Type = quantised
      ? quantised.dtype === 'uint8'
        ? Uint8Array
        : Uint16Array
      : dtype === 'int32'
        ? Int32Array
        : Float32Array;
    parts.push(
      new Uint8Array(Type.from(values || !quantised ? numbers : numbers.map((n) => 128 + 127 * n)).buffer),
    );
    return { name, shape, dtype, ...(quantised ? { quantization: quantised } : {}) };
  });
  const bytes = new Uint8Array(parts.flatMap((part) => [...part]));
  return { weightsManifest: [{ paths: ['weights.bin'], weights: entries }], weights: bytes };
}

type AttrValue = string | number | boolean | number[] | string[];

/** A node of a graph-model in short form: [op, name, inputs, attributes]. */
export type SourceNode = [op: string, name: string, inputs?: string[], attrs?: Record<string, AttrValue>];

/** Attributes that are floats; other numbers are written as integers, in text as the converter does. */
const floats = new Set(['epsilon', 'alpha', 'leakyrelu_alpha']);

function attribute(name: string, value: AttrValue): unknown {
  if (typeof value === 'boolean') return { b: value };
  if (typeof value === 'string') return { s: btoa(value) };
  if (typeof value === 'number') return floats.has(name) ? { f: value } : { i: String(value) };
  if (typeof value[0] === 'string') return { list: { s: value.map((v) => btoa(String(v))) } };
  return { list: { i: value.map(String) } };
}

/** A graph-model over an input `x` of [side, side, 3]; constants are the weights. */
export function graphModel(nodes: SourceNode[], weights: SourceWeight[], side = 8): TfjsModel {
  const dims = [-1, side, side, 3].map((size) => ({ size: String(size) }));
  const { weightsManifest, weights: bytes } = sourceWeights(weights);
  const node = [
    { name: 'x', op: 'Placeholder', attr: { shape: { shape: { dim: dims } }, dtype: { type: 'DT_FLOAT' } } },
    ...weights.map(({ name }) => ({ name, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } })),
    ...nodes.map(([op, name, input = [], attrs = {}]) => ({
      name,
      op,
      input,
      attr: Object.fromEntries(Object.entries(attrs).map(([key, value]) => [key, attribute(key, value)])),
    })),
  ];
  const modelJson = {
    format: 'graph-model',
    modelTopology: { node, versions: { producer: 1 } },
    weightsManifest,
  };
  return { modelJson: structuredClone(modelJson), weights: bytes };
}

/** A layer of a Functional model in short form: [class, name, inputs, configuration]. */
export type SourceLayer = [
  className: string,
  name: string,
  inputs: string[],
  config?: Record<string, unknown>,
];

export function functional(layers: SourceLayer[], side = 8): { class_name: string; config: unknown } {
  const all: SourceLayer[] = [
    ['InputLayer', 'x', [], { batch_input_shape: [null, side, side, 3] }],
    ...layers,
  ];
  return {
    class_name: 'Functional',
    config: {
      name: 'model',
      layers: all.map(([class_name, name, inputs, config = {}]) => ({
        class_name,
        name,
        config: { name, ...config },
        inbound_nodes: inputs.length ? [inputs.map((input) => [input, 0, 0, {}])] : [],
      })),
      input_layers: [['x', 0, 0]],
      output_layers: [[layers.at(-1)![1], 0, 0]],
    },
  };
}

/** A layers-model around a Functional or Sequential configuration. */
export function layersModel(model_config: unknown, weights: SourceWeight[]): TfjsModel {
  const { weightsManifest, weights: bytes } = sourceWeights(weights);
  const modelJson = {
    format: 'layers-model',
    modelTopology: { keras_version: '2', model_config },
    weightsManifest,
  };
  return { modelJson: structuredClone(modelJson), weights: bytes };
}

/** What the importer refuses this model with. */
export function refusalOf(model: TfjsModel): HeadwaterError {
  try {
    importTfjs(model);
  } catch (error) {
    expect(error).toBeInstanceOf(HeadwaterError);
    return error as HeadwaterError;
  }
  throw new Error('was not refused');
}
