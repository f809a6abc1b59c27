// Small ONNX models for tests, written node by node, and the check that both runs of one agree with onnxruntime.

import { HeadwaterError } from '../../errors/index.ts';
import { compile } from '../../inference/compile-node.ts';
import { referenceCodes } from '../../inference/reference.ts';
import { toFloat16 } from '../../tensors/index.ts';
import { outputsOf, type Tap } from '../index.ts';
import { random } from '../testing.ts';
import { importOnnx } from './onnx.ts';
import { oracleOf, toNchw, toNhwc } from './onnx-oracle.ts';
import { decodeModel, modelType, type OnnxAttribute, type OnnxTensor } from './onnx-schema.ts';

/** A tensor; random values where none are given. `stored` says where its values stand. */
export interface TensorSpec {
  shape: number[];
  values?: number[];
  type?: 'float32' | 'float16' | 'float64' | 'int32' | 'int64';
  stored?: 'raw' | 'field';
}
/** Whole numbers and lists of them, text, tensors; floats as `{ f: 0.5 }`. */
type Attribute = number | number[] | string | { f: number } | { t: TensorSpec };
export type NodeSpec = [
  op: string,
  inputs: string[],
  outputs: string[] | string,
  attributes?: Record<string, Attribute>,
];

export interface ModelSpec {
  nodes: NodeSpec[];
  weights?: Record<string, TensorSpec>;
  opset?: number;
  /** [n, c, h, w]; a string is a symbolic side. */
  input?: (number | string)[];
  output?: string;
  /** Lists the weights among the inputs too, as old files do. */
  listWeights?: boolean;
}

/** A weight of random numbers. */
export const floats = (...shape: number[]): TensorSpec => ({ shape });
export const ints = (...values: number[]): TensorSpec => ({ shape: [values.length], values, type: 'int64' });
export const scalar = (value: number): TensorSpec => ({ shape: [], values: [value] });

/**
 * A model of some nodes behind a convolution that gives them six channels as `s`. (A constant at the input itself
 * would become part of the recipe.)
 */
export function behindStem(
  nodes: NodeSpec[],
  weights: Record<string, TensorSpec> = {},
  more: Partial<ModelSpec> = {},
): ModelSpec {
  const stem: NodeSpec = ['Conv', ['x', 'stem'], 's', { pads: [1, 1, 1, 1] }];
  return { nodes: [stem, ...nodes], weights: { stem: floats(6, 3, 3, 3), ...weights }, ...more };
}

const next = random(17);

/** The file's bytes. The input is `x`, the output `y` unless told. */
export function onnxModel(spec: ModelSpec): Uint8Array {
  const weights = Object.entries(spec.weights ?? {}).map(([name, tensor]) => tensorOf(name, tensor));
  const { input = [1, 3, 8, 8], output = 'y', opset = 13 } = spec;
  const info = (name: string, sides: (number | string)[], elemType = 1) => ({
    name,
    type: {
      tensorType: {
        elemType,
        shape: {
          dim: sides.map((side) => (typeof side === 'string' ? { dimParam: side } : { dimValue: side })),
        },
      },
    },
  });
  const listed = spec.listWeights
    ? weights.map((w) => info(w.name!, (w.dims as number[] | undefined) ?? [], w.dataType))
    : [];
  return modelType
    .encode(
      modelType.fromObject({
        irVersion: opset > 13 ? 8 : opset < 9 ? 3 : 6,
        opsetImport: [{ domain: '', version: opset }],
        graph: {
          node: spec.nodes.map(([opType, inputs, outputs, attributes = {}]) => ({
            opType,
            input: inputs,
            output: [outputs].flat(),
            attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
          })),
          initializer: weights,
          input: [info('x', input), ...listed],
          output: [{ name: output }],
        },
      }),
    )
    .finish();
}

/** A file's bytes after a change to its messages. */
export function changed(
  bytes: Uint8Array,
  change: (model: ReturnType<typeof decodeModel>) => void,
): Uint8Array {
  const model = decodeModel(bytes);
  change(model);
  return modelType.encode(model).finish();
}

/** The error with which a file is refused; anything else is thrown. */
export function refusal(bytes: Uint8Array): HeadwaterError {
  try {
    importOnnx(bytes);
  } catch (error) {
    if (error instanceof HeadwaterError) return error;
    throw error;
  }
  throw new Error('it was imported');
}

function attributeOf(name: string, value: Attribute): OnnxAttribute {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: 3 };
  if (Array.isArray(value)) return { name, ints: value, type: 7 };
  if ('f' in value) return { name, f: value.f, type: 1 };
  return { name, t: tensorOf('', value.t), type: 4 };
}

const types = { float32: 1, float16: 10, float64: 11, int32: 6, int64: 7 };

export function tensorOf(name: string, spec: TensorSpec): OnnxTensor {
  const { shape, type = 'float32', stored = 'raw' } = spec;
  const values = spec.values ?? Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next);
  const tensor: OnnxTensor = { name, dims: shape, dataType: types[type] };
  const bytesOf = (typed: { buffer: ArrayBuffer }) => new Uint8Array(typed.buffer);
  const raw = {
    float32: () => bytesOf(Float32Array.from(values)),
    float16: () => bytesOf(toFloat16(values)),
    float64: () => bytesOf(Float64Array.from(values)),
    int32: () => bytesOf(Int32Array.from(values)),
    int64: () => bytesOf(BigInt64Array.from(values, BigInt)),
  };
  if (stored === 'raw') return { ...tensor, rawData: raw[type]() };
  if (type === 'float32') return { ...tensor, floatData: [raw.float32()] };
  if (type === 'float64') return { ...tensor, doubleData: [raw.float64()] };
  const integers = type === 'float16' ? [...toFloat16(values)] : values;
  const packed = Uint8Array.from(integers.flatMap((value) => varint(BigInt(value))));
  return type === 'int64' ? { ...tensor, int64Data: [packed] } : { ...tensor, int32Data: [packed] };
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    const more = rest > 0x7fn;
    bytes.push(Number(rest & 0x7fn) | (more ? 0x80 : 0));
    if (!more) return bytes;
  }
}

/**
 * Runs a model through onnxruntime, through the definitions of the graph's ops and through the compiled plan.
 *
 * @returns the largest difference of each of ours to onnxruntime's, relative to its largest value (at least 1)
 */
export async function differences(
  spec: ModelSpec,
  size = 8,
): Promise<{ reference: number; compiled: number; ops: string[] }> {
  const bytes = onnxModel(spec);
  const channels = 3;
  const { graph } = importOnnx(bytes, { recipe: { size, mean: [0, 0, 0], scale: [1, 1, 1] } });
  const input = Float32Array.from({ length: size * size * channels }, () => 4 * next());
  const oracle = await oracleOf(bytes, [spec.output ?? 'y']);
  const channelsLast = spec.input?.[3] === channels;
  const [expected] = await oracle.run({
    values: channelsLast ? input : toNchw(input, channels),
    dims: channelsLast ? [1, size, size, channels] : [1, channels, size, size],
  });
  await oracle.release();
  const { values, dims } = expected!;
  const wanted = dims.length === 4 && !channelsLast ? toNhwc(values, dims[1]!) : values;
  const taps: Tap[] = [{ op: outputsOf(graph).at(-1)!, pooling: 'none' }];
  const plan = await compile(graph, { size, taps, arithmetic: 'float32' });
  const [compiled] = plan.run(input);
  plan.dispose();
  const [reference] = referenceCodes(graph, size, taps, input);
  return {
    reference: difference(reference!, wanted),
    compiled: difference(compiled!, wanted),
    ops: graph.ops.map((op) => op.attrs.activation ?? op.op),
  };
}

function difference(actual: ArrayLike<number>, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const most = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(value - actual[i]!)), 0) / most;
}
