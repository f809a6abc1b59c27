// A tfjs layers-model (a Keras model: Sequential or Functional, nested or not) → graph. This file walks the
// layers in order; what a layer becomes stands in tfjs-layers.ts.

import type { Graph, Weight } from '../graph.ts';
import { invalid, unsupported } from '../problems.ts';
import { GraphBuilder } from './builder.ts';
import { depthFirst } from './depth-first.ts';
import { imageSides } from './image-input.ts';
import { type Json, list, object, shape, show, text } from './json.ts';
import { handlers, type LayersModel } from './tfjs-layers.ts';
import { readTfjsWeights } from './tfjs-weights.ts';

/** Models inside models, and lists inside lists of an inbound node. */
const maxNesting = 8;
const modelClasses: ReadonlySet<unknown> = new Set(['Sequential', 'Functional', 'Model']);

interface RawLayer {
  name: string;
  className: string;
  config: Json;
  /** Layers read, by name; a Sequential's layer reads the one before it. */
  reads: string[];
}

interface Walk extends LayersModel {
  /** The image input, once it has been met. */
  size: number | undefined;
  started: boolean;
}

/**
 * The graph, and the input side that the model states.
 *
 * @throws HeadwaterError `unsupported-graph` with class and layer for what Headwater does not have
 */
export function importLayersModel(
  topology: Json,
  manifest: unknown,
  weightBytes: Uint8Array,
): { graph: Graph; size: number | undefined } {
  const weights = readTfjsWeights(manifest, weightBytes);
  const walk: Walk = { builder: new GraphBuilder(), find: finder(weights), size: undefined, started: false };
  const root = object(topology.model_config ?? topology, 'model_config');
  walkModel(walk, root, undefined, 0);
  return { graph: walk.builder.finish(), size: walk.size };
}

/** A layer's weight: `<layer>/<role>`, or the only name that ends so. */
function finder(weights: Map<string, Weight>): LayersModel['find'] {
  const endings = new Map<string, string[]>();
  for (const name of weights.keys()) {
    const ending = name.split('/').slice(-2).join('/');
    endings.set(ending, [...(endings.get(ending) ?? []), name]);
  }
  return (layer, role) => {
    const exact = `${layer}/${role}`;
    const ending = exact.split('/').slice(-2).join('/');
    const candidates = weights.has(exact) ? [exact] : (endings.get(ending) ?? []);
    const [name] = candidates;
    return candidates.length === 1 && name !== undefined ? { name, weight: weights.get(name)! } : undefined;
  };
}

/** Walks a model and gives the name of its output. `fed` is what a nested model is applied to. */
function walkModel(walk: Walk, model: Json, fed: string | undefined, depth: number): string {
  if (depth > maxNesting) throw unsupported(`The model nests models more than ${maxNesting} deep.`);
  if (!modelClasses.has(model.class_name))
    throw unsupported(
      `The model is a ${show(model.class_name)}; Sequential and Functional models are supported.`,
    );
  const sequential = model.class_name === 'Sequential';
  const config = Array.isArray(model.config)
    ? { layers: model.config }
    : object(model.config, "The model's config");
  const layers = readLayers(list(config.layers, "The model's layers"), sequential);
  const outputs = sequential ? [[...layers.keys()].at(-1)] : list(config.output_layers, 'output_layers');
  // Keras 3 writes a lone output as ["name", 0, 0] instead of a list of one.
  const first = typeof outputs[0] === 'string' ? outputs : list(outputs[0], 'output_layers');
  const output = text(first[0], 'The output layer');
  for (const layer of depthFirst(
    [output],
    (name) => layers.get(name),
    (layer) => layer.reads,
  ))
    apply(walk, layer, fed, depth);
  return walk.builder.source(output);
}

function apply(walk: Walk, layer: RawLayer, fed: string | undefined, depth: number): void {
  const { builder } = walk;
  if (layer.className === 'InputLayer') {
    begin(walk, layer, fed);
    return;
  }
  let inputs = layer.reads;
  if (!inputs.length) {
    begin(walk, { ...layer, name: `${layer.name}#input` }, fed);
    inputs = [`${layer.name}#input`];
  }
  if (modelClasses.has(layer.className)) {
    if (inputs.length !== 1)
      throw unsupported(`Model "${layer.name}" has ${inputs.length} inputs; one is supported.`);
    const model = {
      class_name: layer.className,
      config: layer.config.layers ? layer.config : layer.config.list,
    };
    builder.rename(layer.name, walkModel(walk, model, builder.source(inputs[0]!), depth + 1));
    return;
  }
  const handler = handlers.get(layer.className);
  if (!handler)
    throw unsupported(
      `Layer "${layer.name}" is a ${layer.className}, a layer that Headwater does not have.`,
      {
        op: layer.className,
        node: layer.name,
      },
    );
  handler(walk, { name: layer.name, className: layer.className, config: layer.config, inputs });
}

/** The input of a model: the image for the outermost, what it is applied to for a nested one. */
function begin(walk: Walk, layer: RawLayer, fed: string | undefined): void {
  if (fed !== undefined) {
    walk.builder.rename(layer.name, fed);
    return;
  }
  if (walk.started)
    throw unsupported(`The model has a second input, "${layer.name}"; one image is supported.`);
  walk.started = true;
  const declared = layer.config.batch_input_shape ?? layer.config.batch_shape;
  // A Sequential around a model says nothing itself: the nested model's own input layer does.
  const sides = declared ?? nestedInput(layer.config, 0);
  const { size, channels } = imageSides(shape(sides, 'batch_input_shape', true), `"${layer.name}"`);
  walk.size = size;
  walk.builder.input = { name: layer.name, channels };
}

function nestedInput(config: Json, depth: number): unknown {
  const layers = Array.isArray(config.layers) ? config.layers : [];
  const first =
    layers[0] === undefined ? {} : object(object(layers[0], 'A layer').config, "A layer's config");
  const declared = first.batch_input_shape ?? first.batch_shape;
  return declared === undefined && depth < maxNesting && layers.length
    ? nestedInput(first, depth + 1)
    : declared;
}

function readLayers(raw: unknown[], sequential: boolean): Map<string, RawLayer> {
  const layers = new Map<string, RawLayer>();
  let previous: string | undefined;
  for (const item of raw) {
    const entry = object(item, 'A layer');
    const className = text(entry.class_name, 'The class_name of a layer');
    const config = Array.isArray(entry.config)
      ? { list: entry.config }
      : object(entry.config, "A layer's config");
    const name = text(entry.name ?? config.name, `The name of a ${className}`);
    if (layers.has(name)) throw invalid(`Two layers are called "${name}".`);
    const reads = sequential
      ? previous === undefined
        ? []
        : [previous]
      : inbound(entry.inbound_nodes, name);
    layers.set(name, { name, className, config, reads });
    previous = name;
  }
  if (!layers.size) throw invalid('The model has no layers.');
  return layers;
}

/** Names of the layers that a layer is applied to; it must be applied once. */
function inbound(nodes: unknown, name: string): string[] {
  const calls = list(nodes ?? [], `inbound_nodes of "${name}"`);
  if (calls.length > 1)
    throw unsupported(`Layer "${name}" is used ${calls.length} times; shared layers are not supported.`);
  const reads: string[] = [];
  collectReferences(calls, name, reads, 0);
  return reads;
}

/** References are [layer, call, tensor, …], bare in Keras 2, inside `keras_history` in Keras 3. */
function collectReferences(value: unknown, name: string, into: string[], depth: number): void {
  if (!value || typeof value !== 'object') return;
  if (depth > maxNesting) throw invalid(`inbound_nodes of "${name}" nests too deep.`);
  if (Array.isArray(value) && typeof value[0] === 'string' && typeof value[1] === 'number') {
    if (value[1] !== 0 || value[2] !== 0)
      throw unsupported(
        `Layer "${name}" reads a further call or output of "${value[0]}", which is not supported.`,
      );
    into.push(value[0]);
    return;
  }
  for (const inner of Object.values(value)) collectReferences(inner, name, into, depth + 1);
}
