// An ONNX file → graph, recipe and taps. ONNX lays images out as NCHW; here they become NHWC, once and for all, by
// turning weights. Values are followed as views (onnx-view.ts), so that reshapes and transposes cost nothing.

import { invalid, unsupported } from '../problems.ts';
import { maxInputSide } from '../shapes.ts';
import { maxExtent } from '../validate.ts';
import { GraphBuilder } from './builder.ts';
import { depthFirst } from './depth-first.ts';
import {
  type AssumedRange,
  assumedSize,
  finishImport,
  type Imported,
  type ImportOptions,
} from './imported.ts';
import { OnnxContext, type Value } from './onnx-context.ts';
import { folds } from './onnx-fold.ts';
import { handlers } from './onnx-handlers.ts';
import { asMap, isChannelsLast, mapOrder, mapView } from './onnx-layout.ts';
import { checkName, type Node, readNodes, refuse } from './onnx-nodes.ts';
import { decodeModel, type OnnxGraph, type OnnxModel, type OnnxValueInfo, toNumber } from './onnx-schema.ts';
import { type Constant, type ExternalFiles, readTensor } from './onnx-tensors.ts';
import { sameAtoms } from './onnx-view.ts';

/** Operator sets whose meaning is known here. */
const [leastOpset, mostOpset] = [7, 21];

/** torchvision's and timm's, which most ONNX files come from. */
const imagenet: AssumedRange = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  scale: [1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)],
  words: "ImageNet's mean and deviation, as torchvision has them,",
};

export interface OnnxOptions extends ImportOptions {
  /** The files beside the model that it keeps weights in, by the names that it calls them. */
  external?: ExternalFiles;
}

/**
 * Imports a classification ConvNet from an ONNX file's bytes.
 *
 * @throws HeadwaterError `unsupported-graph`, naming operator and node, for what Headwater cannot represent;
 * `invalid-file` for what is no ONNX file, or contradicts itself
 *
 * @example const { graph, recipe } = importOnnx(bytes, { recipe: { channelOrder: 'bgr' } })
 */
export function importOnnx(bytes: Uint8Array, options: OnnxOptions = {}): Imported {
  const model = decodeModel(bytes);
  const opset = opsetOf(model);
  const tensors = initialisersOf(model.graph);
  const input = imageInput(model.graph, tensors);
  const builder = new GraphBuilder();
  builder.input = { name: input.name, channels: input.channels };
  const nodes = readNodes(model.graph, [input.name]);
  const values = new Map<string, Value>();
  const context = new OnnxContext(builder, {
    opset,
    batch: input.batch,
    size: input.size ?? options.recipe?.size ?? assumedSize,
    read: (name) => values.get(name) ?? initialiser(name),
    isRead: isReadBy(model.graph, nodes),
    budget: 2 * (bytes.length + externalBytes(options.external)) + 2 ** 20,
  });
  const initialiser = (name: string): Constant | undefined => {
    const tensor = tensors.get(name);
    if (!tensor) return undefined;
    const constant = readTensor(tensor, name, options.external);
    values.set(name, constant);
    return constant;
  };
  values.set(input.name, inputView(context, input));
  const outputs = outputNames(model.graph);
  for (const node of neededNodes(nodes, outputs, (name) => name === input.name || tensors.has(name))) {
    const results = run(context, node);
    for (const [i, result] of results.entries()) if (node.outputs[i]) values.set(node.outputs[i], result);
  }
  const ops = outputs.map((name) => outputOp(context, name, values.get(name) ?? initialiser(name)));
  return finishImport(builder.finish(ops), input.size, options, imagenet);
}

/** The op that gives an output; channels that are still to be shuffled are shuffled. */
function outputOp(context: OnnxContext, name: string, value: Value | undefined): string {
  if (value?.kind !== 'view' || value.op === context.builder.input.name)
    throw unsupported(`The output "${name.slice(0, 200)}" does not depend on any layer.`);
  const last = isChannelsLast(value);
  if (value.axes.length !== 4 || sameAtoms(value.storage, mapOrder(value, last))) return value.op;
  const where = `The output "${name.slice(0, 200)}"`;
  return asMap(context, value, { name, where, op: '', inputs: [], outputs: [], attributes: new Map() }, last)
    .op;
}

/** What a node gives: worked out at once if all it reads is constant, as ops otherwise. */
function run(context: OnnxContext, node: Node): Value[] {
  const inputs = node.inputs.map((_, i) => context.optional(node, i));
  const fold = folds.get(node.op);
  if (fold && inputs.length > 0 && inputs.every((value) => value?.kind !== 'view'))
    return [fold(context, node, inputs as (Constant | undefined)[])];
  const handler = handlers.get(node.op);
  if (!handler)
    throw refuse(
      node,
      'is an operator that Headwater does not have. Export the model without it, or cut the model before it.',
    );
  const result = handler(context, node);
  return Array.isArray(result) ? result : [result];
}

function opsetOf(model: OnnxModel): number {
  const entry = model.opsetImport?.find(({ domain }) => !domain || domain === 'ai.onnx');
  const opset = toNumber(entry?.version ?? 1);
  if (opset >= leastOpset && opset <= mostOpset) return opset;
  throw unsupported(
    `The model uses operator set ${opset}; ${leastOpset} to ${mostOpset} are supported. Export it with opset_version=17, for example.`,
  );
}

function initialisersOf(graph: OnnxGraph): Map<string, NonNullable<OnnxGraph['initializer']>[number]> {
  if (graph.sparseInitializer?.length)
    throw unsupported('The model stores sparse weights. Export them dense.');
  const tensors = new Map((graph.initializer ?? []).map((tensor) => [tensor.name ?? '', tensor]));
  if (tensors.size !== (graph.initializer ?? []).length) throw invalid('Two weights have the same name.');
  for (const name of tensors.keys()) checkName(name);
  return tensors;
}

interface ImageInput {
  name: string;
  batch: number;
  size: number | undefined;
  channels: number;
  channelsLast: boolean;
}

/** The one input that is no weight: [n, c, h, w], or [n, h, w, c] as TensorFlow's exporters may leave it. */
function imageInput(graph: OnnxGraph, tensors: ReadonlyMap<string, unknown>): ImageInput {
  const inputs = (graph.input ?? []).filter((input) => !tensors.has(input.name ?? ''));
  const [first] = inputs;
  const name = first?.name;
  if (inputs.length !== 1 || !first || !name || name.length > 1024)
    throw unsupported(
      `The model has ${inputs.length} inputs; one image is supported. Inputs: ${inputs.slice(0, 5).map((input) => `"${String(input.name).slice(0, 80)}"`)}.`,
    );
  const [n = -1, ...sides] = dimensions(first);
  const channelsLast = sides.length === 3 && sides[0] !== 3 && sides[2] === 3;
  const [c = -1, h = -1, w = -1] = channelsLast ? [sides[2], sides[0], sides[1]] : sides;
  const shape = [n, ...sides].map((side) => (side === -1 ? 'open' : side));
  if (sides.length !== 3 || h !== w)
    throw unsupported(
      `The input "${name}" is [${shape}]; only one square image [batch, channels, side, side] is supported.`,
    );
  // An open channel axis is one of colours.
  const channels = c === -1 ? 3 : c;
  if (h > maxInputSide || channels > maxExtent || n > maxExtent)
    throw unsupported(`The input "${name}" is [${shape}], larger than any image.`);
  return { name, batch: Math.max(1, n), size: h === -1 ? undefined : h, channels, channelsLast };
}

/** The sides of a value; −1 for those that are left open. */
function dimensions(info: OnnxValueInfo): number[] {
  const dims = info.type?.tensorType?.shape?.dim ?? [];
  return dims.slice(0, 8).map(({ dimValue }) => {
    const side = toNumber(dimValue ?? -1);
    return Number.isSafeInteger(side) && side > 0 ? side : -1;
  });
}

function inputView(context: OnnxContext, { name, channels, channelsLast }: ImageInput): Value {
  return mapView(context, { op: name, graphShape: [context.size, context.size, channels] }, channelsLast);
}

function outputNames(graph: OnnxGraph): string[] {
  const names = (graph.output ?? []).map((output) => output.name ?? '').filter(Boolean);
  if (names.length === 0) throw invalid('The model names no output.');
  if (names.length > 64) throw unsupported(`The model has ${names.length} outputs; 64 is the limit.`);
  return names;
}

/** The nodes that the outputs need, each after what it reads. */
function neededNodes(nodes: Node[], outputs: string[], isGiven: (name: string) => boolean): Node[] {
  const makers = new Map<string, string>();
  for (const [i, node] of nodes.entries())
    for (const name of node.outputs) {
      if (name && (makers.has(name) || isGiven(name)))
        throw invalid(`Two nodes give "${name.slice(0, 200)}".`);
      if (name) makers.set(name, String(i));
    }
  const keysOf = (names: readonly string[]) =>
    names
      .filter((name) => name && !isGiven(name))
      .map((name) => {
        const maker = makers.get(name);
        if (maker === undefined) throw invalid(`"${name.slice(0, 200)}" is read, but not in the model.`);
        return maker;
      });
  return depthFirst(
    keysOf(outputs),
    (key) => nodes[Number(key)],
    (node) => keysOf(node.inputs),
  );
}

function isReadBy(graph: OnnxGraph, nodes: Node[]): (name: string) => boolean {
  const read = new Set([...nodes.flatMap((node) => node.inputs), ...(graph.output ?? []).map((o) => o.name)]);
  return (name) => read.has(name);
}

function externalBytes(external: ExternalFiles | undefined): number {
  return [...(external?.values() ?? [])].reduce((sum, file) => sum + file.length, 0);
}
