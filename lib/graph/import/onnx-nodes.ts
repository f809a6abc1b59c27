// Nodes and their attributes, checked: what protobuf left open (anything may be missing, any number may stand
// anywhere) is decided here, so that handlers read plain values.

import { invalid, unsupported } from '../problems.ts';
import { maxExtent } from '../validate.ts';
import {
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  toNumber,
} from './onnx-schema.ts';

/** More nodes than any ConvNet has, constants included. */
const maxNodes = 50_000;
const maxNameLength = 1024;
/** Longest list of whole numbers that an attribute may hold. */
const maxInts = 4096;

export interface Node {
  /** Unique: the node's own name, or else its first output's. */
  name: string;
  op: string;
  /** Names of values; empty for an optional one that is left out. */
  inputs: string[];
  outputs: string[];
  attributes: ReadonlyMap<string, OnnxAttribute>;
  /** `Node "name" (Op)`, to begin a sentence with. */
  where: string;
}

/** The nodes in the file's order. `taken` are names that no node may have. */
export function readNodes(graph: OnnxGraph, taken: Iterable<string>): Node[] {
  const raw = graph.node ?? [];
  if (raw.length > maxNodes)
    throw unsupported(`The model has ${raw.length} nodes; ${maxNodes} is the limit.`);
  const names = new Set(taken);
  return raw.map((node) => {
    const name = uniqueName(node, names);
    names.add(name);
    for (const output of node.output ?? []) checkName(output);
    const op = node.opType ?? '';
    const where = `Node "${name}" (${op.slice(0, 80)})`;
    const domain = node.domain || 'ai.onnx';
    if (domain !== 'ai.onnx')
      throw unsupported(
        `${where} belongs to the operator set "${domain.slice(0, 80)}", which Headwater does not have. Export the model with standard ONNX operators.`,
        { op, node: name },
      );
    const attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? '', attribute]));
    return { name, op, inputs: node.input ?? [], outputs: node.output ?? [], attributes, where };
  });
}

/** Names become those of layers and weights, which are stored. Throws `invalid-file` for one that is too long. */
export function checkName(name: string): void {
  if (name.length > maxNameLength)
    throw invalid(`The name "${name.slice(0, 80)}…" is longer than ${maxNameLength} characters.`);
}

function uniqueName(node: OnnxNode, names: ReadonlySet<string>): string {
  const output = node.output?.find(Boolean);
  if (!output) throw invalid(`A node (${(node.opType ?? '').slice(0, 80)}) has no output.`);
  const free = [node.name, output].find((name) => name && name.length <= maxNameLength && !names.has(name));
  return free ?? `${output}#${names.size}`;
}

/** An operator or attribute that cannot be imported, and what would be needed. */
export const refuse = (node: Node, what: string) =>
  unsupported(`${node.where} ${what}`, { op: node.op, node: node.name });

/** A whole number; `fallback` if the node does not say. */
export function intAttr(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  return attribute ? toNumber(attribute.i ?? 0) : fallback;
}

export function floatAttr(node: Node, name: string, fallback: number): number {
  const attribute = node.attributes.get(name);
  const value = attribute ? (attribute.f ?? 0) : fallback;
  if (Number.isNaN(value)) throw invalid(`${node.where} has an attribute "${name}" that is no number.`);
  return value;
}

/** Whole numbers; undefined if the node does not say. */
export function intsAttr(node: Node, name: string): number[] | undefined {
  const attribute = node.attributes.get(name);
  if (!attribute) return undefined;
  const values = (attribute.ints ?? []).map(toNumber);
  if (values.length > maxInts)
    throw invalid(`${node.where} has an attribute "${name}" of ${values.length} numbers.`);
  return values;
}

export function floatsAttr(node: Node, name: string): number[] | undefined {
  return node.attributes.get(name)?.floats;
}

export function stringAttr(node: Node, name: string, fallback: string): string {
  const bytes = node.attributes.get(name)?.s;
  return bytes?.length ? new TextDecoder().decode(bytes.subarray(0, 256)) : fallback;
}

export function tensorAttr(node: Node, name: string): OnnxTensor | undefined {
  return node.attributes.get(name)?.t ?? undefined;
}

/** Height and width of a window, stride or dilation: whole numbers from 1. */
export function pairAttr(node: Node, name: string): [number, number] | undefined {
  const values = intsAttr(node, name);
  if (!values?.length) return undefined;
  const [h, w] = values;
  if (values.length !== 2)
    throw refuse(
      node,
      `has ${values.length} spatial axes (${name}); only two, height and width, are supported.`,
    );
  if (!values.every((n) => Number.isInteger(n) && n >= 1 && n <= maxExtent))
    throw invalid(`${node.where} has ${name} [${values}].`);
  return [h!, w!];
}
