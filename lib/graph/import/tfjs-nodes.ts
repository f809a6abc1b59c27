// Reading the nodes of a tfjs graph-model: names, references and attributes. Knows nothing about layers.

import type { Weight } from '../graph.ts';
import { invalid, unsupported } from '../problems.ts';
import { weightValues } from '../weights.ts';
import { type Json, list, number, numeric, object, text } from './json.ts';

/** More nodes than any ConvNet has, constants included. */
const maxNodes = 50_000;

export interface Node {
  name: string;
  op: string;
  /** Names of the nodes read, without output index; control inputs left out. */
  inputs: string[];
  attr: Json;
}

/** The nodes of a topology by name. */
export function readNodes(topology: unknown): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const raw = list(object(topology, 'modelTopology').node, 'modelTopology.node');
  if (raw.length > maxNodes)
    throw unsupported(`The model has ${raw.length} nodes; ${maxNodes} is the limit.`);
  for (const item of raw) {
    const entry = object(item, 'A node');
    const name = text(entry.name, 'The name of a node');
    const op = text(entry.op, `The op of node "${name}"`);
    const refs = list(entry.input ?? [], `The inputs of node "${name}"`).map((ref) =>
      text(ref, `An input of "${name}"`),
    );
    if (nodes.has(name)) throw invalid(`Two nodes are called "${name}".`);
    const inputs = refs.filter((ref) => !ref.startsWith('^')).map((ref) => outputZero(ref, name));
    nodes.set(name, {
      name,
      op,
      inputs,
      attr: entry.attr === undefined ? {} : object(entry.attr, `attr of "${name}"`),
    });
  }
  return nodes;
}

/** `name:0` is `name`; another output of a node is something that no supported op has. */
function outputZero(ref: string, reader: string): string {
  const [, name, index] = /^(.*):(\d+)$/.exec(ref) ?? [];
  if (name === undefined) return ref;
  if (Number(index) !== 0)
    throw unsupported(
      `Node "${reader}" reads output ${index} of "${name}"; only first outputs are supported.`,
    );
  return name;
}

/** A typed attribute's inner value (`{i: "3"}` → "3"), or undefined if the node has none. */
function attribute(node: Node, name: string, kind: string): unknown {
  if (!Object.hasOwn(node.attr, name)) return undefined;
  return object(node.attr[name], `attr.${name} of "${node.name}"`)[kind];
}

export function stringAttr(node: Node, name: string): string | undefined {
  const value = attribute(node, name, 's');
  return value === undefined ? undefined : decode(value, node, name);
}

export function stringsAttr(node: Node, name: string): string[] {
  const value = attribute(node, name, 'list');
  if (value === undefined) return [];
  return list(object(value, `attr.${name}`).s ?? [], `attr.${name}`).map((s) => decode(s, node, name));
}

/** Strings stand in base64 or, from older converters, as lists of character codes. */
function decode(value: unknown, node: Node, name: string): string {
  if (Array.isArray(value) && value.length < 256)
    return String.fromCharCode(...value.map((code) => number(code, `attr.${name} of "${node.name}"`)));
  if (typeof value === 'string' && value.length < 1024) {
    try {
      return atob(value);
    } catch {
      // Falls through to the one error below.
    }
  }
  throw invalid(`attr.${name} of "${node.name}" is not a string.`);
}

/** A number; integers stand as text. */
export function numberAttr(node: Node, name: string, kind: 'i' | 'f'): number | undefined {
  const value = attribute(node, name, kind);
  return value === undefined ? undefined : numeric(value, `attr.${name} of "${node.name}"`);
}

export function numbersAttr(node: Node, name: string): number[] {
  const value = attribute(node, name, 'list');
  if (value === undefined) return [];
  return list(object(value, `attr.${name}`).i ?? [], `attr.${name}`).map((i) =>
    numeric(i, `attr.${name} of "${node.name}"`),
  );
}

export function boolAttr(node: Node, name: string): boolean {
  return attribute(node, name, 'b') === true;
}

/** Whole numbers of a constant (a shape, axes, paddings). */
export function integersOf(weight: Weight, node: Node): number[] {
  const values = [...weightValues(weight)].map((v) => Math.round(v));
  if (values.length > 64 || !values.every(Number.isSafeInteger))
    throw invalid(`Node "${node.name}" has a constant that should be a short list of whole numbers.`);
  return values;
}
