// The stored backbone: one safetensors file with the weights as tensors, graph and card as JSON in its metadata,
// and golden tensors that prove an engine. The same content gives the same bytes, whose SHA-256 is its name.
//
//   weight.<name>              the weight; F32, or the file's own integers (U8, U16, I8)
//   scale.<name>, zero.<name>  F32 [1] or [channels], for a quantised weight only
//   golden.input               F32 [h, w, c], normalised
//   golden.codes.<alias>       F32, the code of that input at that tap
//   __metadata__               format "1", graph, card

import { readSafetensors, type Tensor, writeSafetensors } from '../tensors/index.ts';
import { type Card, checkCard } from './card.ts';
import type { Graph, Weight } from './graph.ts';
import { graphFromJson, graphToJson, parseJson, sorted } from './graph-json.ts';
import { invalid } from './problems.ts';
import { inferShapes } from './shapes.ts';
import { validateGraph } from './validate.ts';
import { sizeOf } from './weights.ts';

/** A small input and its codes, by the reference arithmetic. */
export interface Golden {
  /** Normalised, [h, w, c] with h = w. */
  input: { shape: number[]; data: Float32Array };
  /** Code by tap alias; each is a pooled vector, or a map's values. */
  codes: Record<string, Float32Array>;
}

export interface Backbone {
  graph: Graph;
  card: Card;
  golden: Golden;
}

const formatVersion = '1';

/**
 * Serialises a backbone; everything is checked as it will be on reading.
 *
 * @throws HeadwaterError as {@link readBackbone}
 */
export function writeBackbone(backbone: Backbone): Uint8Array<ArrayBuffer> {
  checkBackbone(backbone);
  const { graph, card, golden } = backbone;
  const tensors = new Map<string, Tensor>();
  for (const [name, weight] of graph.weights) {
    tensors.set(`weight.${name}`, weightTensor(weight));
    if (weight.kind === 'float32') continue;
    tensors.set(`scale.${name}`, float32([weight.scale.length], weight.scale));
    tensors.set(`zero.${name}`, float32([weight.zeroPoint.length], weight.zeroPoint));
  }
  tensors.set('golden.input', float32(golden.input.shape, golden.input.data));
  for (const [alias, code] of Object.entries(golden.codes))
    tensors.set(`golden.codes.${alias}`, float32([code.length], code));
  const metadata = { format: formatVersion, graph: graphToJson(graph), card: JSON.stringify(sorted(card)) };
  return writeSafetensors(tensors, metadata);
}

/**
 * Parses and checks a backbone. Weights are views of `bytes` where alignment allows.
 *
 * @throws HeadwaterError `invalid-file` or `unsupported-graph`; nothing larger than the file is allocated before
 * the graph is known to be sound
 */
export function readBackbone(bytes: Uint8Array): Backbone {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== formatVersion)
    throw invalid(
      `The backbone's format is ${String(metadata.format)}; this Headwater reads ${formatVersion}.`,
    );
  const weights = new Map<string, Weight>();
  const codes = new Map<string, Float32Array>();
  let input: Golden['input'] | undefined;
  for (const [name, tensor] of tensors) {
    const [, kind, rest = ''] = /^(weight|scale|zero|golden\.codes)\.(.+)$/s.exec(name) ?? [];
    if (kind === 'weight') weights.set(rest, readWeight(rest, tensor, tensors));
    else if (kind === 'golden.codes') codes.set(rest, floats(name, tensor));
    else if (name === 'golden.input') input = { shape: tensor.shape, data: floats(name, tensor) };
    else if (kind === undefined || !quantised(tensors.get(`weight.${rest}`)))
      throw invalid(`The backbone holds "${name}", which belongs to nothing.`);
  }
  if (!input) throw invalid('The backbone has no golden input.');
  const backbone: Backbone = {
    graph: graphFromJson(metadata.graph ?? '', weights),
    card: checkCard(parseJson(metadata.card ?? '', 'card')),
    golden: { input, codes: Object.fromEntries(codes) },
  };
  checkBackbone(backbone);
  return backbone;
}

/** Graph, card and golden tensors, alone and against each other. */
function checkBackbone({ graph, card, golden }: Backbone): void {
  validateGraph(graph);
  checkCard(card);
  const named = new Set(graph.ops.flatMap((op) => Object.values(op.weights)));
  for (const name of graph.weights.keys())
    if (!named.has(name)) throw invalid(`No layer uses the weight "${name}".`);
  const shapes = inferShapes(graph, card.size);
  if (card.recipe.size !== card.size) throw invalid('Card and recipe state different input sizes.');
  const aliases = Object.keys(card.taps);
  if (String(aliases.toSorted()) !== String(Object.keys(graph.taps).toSorted()))
    throw invalid('Card and graph name different taps.');
  for (const alias of aliases) {
    const [told, tap] = [card.taps[alias]!, graph.taps[alias]!];
    const shape = shapes.get(tap.op)!;
    const length = tap.pooling === 'avg' ? shape.at(-1)! : sizeOf(shape);
    if (told.op !== tap.op || told.pooling !== tap.pooling || told.codeLength !== length)
      throw invalid(`Card and graph disagree about the tap "${alias}".`);
  }
  checkGolden(golden, graph, card);
}

function checkGolden({ input, codes }: Golden, graph: Graph, card: Card): void {
  const [h, w, c] = input.shape;
  if (
    input.shape.length !== 3 ||
    h !== w ||
    c !== graph.input.channels ||
    sizeOf(input.shape) !== input.data.length
  )
    throw invalid(
      `The golden input [${input.shape}] is not a square image of ${graph.input.channels} channels.`,
    );
  if (!Object.hasOwn(codes, card.defaultTap))
    throw invalid(`There is no golden code for the tap "${card.defaultTap}".`);
  for (const [alias, code] of Object.entries(codes)) {
    const tap = Object.hasOwn(card.taps, alias) ? card.taps[alias]! : undefined;
    if (!tap) throw invalid(`There is a golden code for the tap "${alias}", which does not exist.`);
    if (tap.pooling === 'avg' && code.length !== tap.codeLength)
      throw invalid(`The golden code of "${alias}" has ${code.length} values instead of ${tap.codeLength}.`);
    if (!code.every(Number.isFinite))
      throw invalid(`The golden code of "${alias}" holds something that is no number.`);
  }
}

const float32 = (shape: number[], data: Float32Array): Tensor => ({ dtype: 'F32', shape, data });

/** The dtype of each kind of integers. */
const integerTypes = [
  ['U8', Uint8Array],
  ['U16', Uint16Array],
  ['I8', Int8Array],
] as const;

function weightTensor(weight: Weight): Tensor {
  if (weight.kind === 'float32') return float32(weight.shape, weight.data);
  const [dtype] = integerTypes.find(([, Type]) => weight.data instanceof Type)!;
  return { dtype, shape: weight.shape, data: weight.data };
}

const quantised = (tensor: Tensor | undefined): boolean =>
  integerTypes.some(([dtype]) => dtype === tensor?.dtype);

function readWeight(name: string, tensor: Tensor, tensors: Map<string, Tensor>): Weight {
  const { shape } = tensor;
  if (!quantised(tensor)) return { kind: 'float32', shape, data: floats(`weight.${name}`, tensor) };
  const [scale, zeroPoint] = [`scale.${name}`, `zero.${name}`].map((key) => floats(key, tensors.get(key)));
  const data = tensor.data as Uint8Array | Uint16Array | Int8Array;
  return { kind: 'quantised', shape, data, scale: scale!, zeroPoint: zeroPoint! };
}

function floats(name: string, tensor: Tensor | undefined): Float32Array {
  if (tensor?.dtype !== 'F32') throw invalid(`The backbone's "${name}" is missing, or not float32.`);
  return tensor.data as Float32Array;
}
