// A tfjs graph-model (TensorFlow's op graph with its constants in the weight files) → graph.

import type { Graph, Weight } from '../graph.ts';
import { invalid, unsupported } from '../problems.ts';
import { GraphBuilder } from './builder.ts';
import { depthFirst } from './depth-first.ts';
import { imageSides } from './image-input.ts';
import { type Json, list, numeric, object, text } from './json.ts';
import { type GraphModel, handlers } from './tfjs-graph-ops.ts';
import { type Node, readNodes } from './tfjs-nodes.ts';
import { readTfjsWeights } from './tfjs-weights.ts';

/** Ops that pass a constant through, so that what they give is still one. */
const transparent: ReadonlySet<string> = new Set(['Identity', 'StopGradient', 'PreventGradient', 'Snapshot']);

/**
 * The graph, and the input side that the model states (undefined if it leaves it open). Only what the outputs need
 * is read, so that a training op nobody reads is no obstacle.
 *
 * @throws HeadwaterError `unsupported-graph` with op and node for what Headwater does not have
 */
export function importGraphModel(
  model: Json,
  weightBytes: Uint8Array,
): { graph: Graph; size: number | undefined } {
  const nodes = readNodes(model.modelTopology);
  const weights = readTfjsWeights(model.weightsManifest, weightBytes);
  const builder = new GraphBuilder();
  const context: GraphModel = { builder, constant: (node, i) => constantInput(nodes, weights, node, i) };
  let size: number | undefined;
  let placeholder: string | undefined;
  for (const node of depthFirst(
    outputNames(model, nodes),
    (name) => nodes.get(name),
    (node) => node.inputs,
  )) {
    if (node.op === 'Const') continue;
    if (node.op === 'Placeholder') {
      if (placeholder !== undefined)
        throw unsupported(`The model has two inputs, "${placeholder}" and "${node.name}".`);
      placeholder = node.name;
      const input = imageInput(node);
      size = input.size;
      builder.input = { name: node.name, channels: input.channels };
      continue;
    }
    if (transparent.has(node.op) && constantInput(nodes, weights, node, 0)) continue;
    const handler = handlers.get(node.op);
    if (!handler)
      throw unsupported(`Node "${node.name}" is a ${node.op}, an op that Headwater does not have.`, {
        op: node.op,
        node: node.name,
      });
    handler(context, node);
  }
  if (placeholder === undefined)
    throw unsupported('The model has no input (no Placeholder that its output needs).');
  return { graph: builder.finish(), size };
}

function constantInput(
  nodes: Map<string, Node>,
  weights: Map<string, Weight>,
  node: Node,
  i: number,
): { name: string; weight: Weight } | undefined {
  let source = nodes.get(node.inputs[i] ?? '');
  for (let steps = 0; source && transparent.has(source.op) && steps < nodes.size; steps++)
    source = nodes.get(source.inputs[0] ?? '');
  if (source?.op !== 'Const') return undefined;
  const weight = weights.get(source.name);
  if (!weight) throw invalid(`The weights of constant "${source.name}" are not in the weight files.`);
  return { name: source.name, weight };
}

/** The signature's outputs, or the nodes that nobody reads. */
function outputNames(model: Json, nodes: Map<string, Node>): string[] {
  const { signature: outer, userDefinedMetadata: meta } = model;
  const signature = outer ?? (meta && typeof meta === 'object' ? (meta as Json).signature : undefined);
  if (signature && typeof signature === 'object' && (signature as Json).outputs) {
    const outputs = Object.entries(object((signature as Json).outputs, 'signature.outputs'));
    const names = outputs.map(([key, value]) =>
      text(object(value, 'An output').name ?? key, 'The name of an output').replace(/:0$/, ''),
    );
    if (names.length && names.every((name) => nodes.has(name))) return names;
  }
  const read = new Set([...nodes.values()].flatMap((node) => node.inputs));
  return [...nodes.values()]
    .filter((n) => !read.has(n.name) && n.op !== 'Const' && n.op !== 'NoOp')
    .map((n) => n.name);
}

/** Side and channels of [batch, h, w, c]. */
function imageInput(node: Node): { size: number | undefined; channels: number } {
  const shape = object(object(node.attr.shape ?? {}, 'attr.shape').shape ?? {}, 'attr.shape.shape');
  const dims = list(shape.dim ?? [], 'attr.shape.dim').map((dim) =>
    numeric(object(dim, 'A dimension').size, 'A dimension'),
  );
  return imageSides(dims, `"${node.name}"`);
}
