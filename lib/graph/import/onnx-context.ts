// What the handlers of the ONNX importer share: the values met so far, the graph that grows, and a budget that a
// hostile file cannot exceed.

import type { Graph, Op, OpAttrs, OpKind, Weight, WeightRoles } from '../graph.ts';
import { invalid, unsupported } from '../problems.ts';
import { shapeAfter } from '../shapes.ts';
import type { GraphBuilder } from './builder.ts';
import { type Node, refuse } from './onnx-nodes.ts';
import type { Constant } from './onnx-tensors.ts';
import { type Atom, axis, type View } from './onnx-view.ts';

export type Value = Constant | View;

/** A value of the graph: the op that gives it, and its shape without the batch. */
export interface Placed {
  op: string;
  graphShape: readonly number[];
}

/** Longest list that a constant may give where a few whole numbers are meant (a shape, axes). */
const maxList = 4096;

interface Settings {
  opset: number;
  /** Images in a batch, as the model states them; 1 where it leaves that open. */
  batch: number;
  /** Input side in pixels that shapes are worked out for. */
  size: number;
  /** A value by name, undefined if there is none. */
  read: (name: string) => Value | undefined;
  isRead: (name: string) => boolean;
  /** Number of values that may be computed while importing: folded constants, rearranged weights. */
  budget: number;
}

export class OnnxContext {
  readonly builder: GraphBuilder;
  readonly opset: number;
  /** The first axis of every computed tensor. */
  readonly batch: Atom[];
  /** Input side in pixels that shapes are worked out for. */
  readonly size: number;
  /** Ops emitted so far, by name. */
  readonly ops = new Map<string, Op>();
  /** Ops that bring a value into another form, so that two readers share them. */
  readonly forms = new Map<string, Placed>();
  readonly #read: (name: string) => Value | undefined;
  readonly #isRead: (name: string) => boolean;
  readonly #graph: Graph;
  #budget: number;

  constructor(builder: GraphBuilder, settings: Settings) {
    this.builder = builder;
    this.opset = settings.opset;
    this.batch = axis(settings.batch);
    this.size = settings.size;
    this.#read = settings.read;
    this.#isRead = settings.isRead;
    this.#budget = settings.budget;
    this.#graph = { ops: builder.ops, input: builder.input, taps: {}, weights: builder.weights };
  }

  /** Whether any node reads the value of this name. */
  isRead(name: string): boolean {
    return this.#isRead(name);
  }

  /** Input `i` of a node, or undefined where it is left out. */
  optional(node: Node, i: number): Value | undefined {
    const name = node.inputs[i];
    if (!name) return undefined;
    const value = this.#read(name);
    if (!value) throw invalid(`${node.where} reads "${name}", which is not in the model.`);
    return value;
  }

  value(node: Node, i: number): Value {
    const value = this.optional(node, i);
    if (!value) throw invalid(`${node.where} has no input ${i}.`);
    return value;
  }

  /** Input `i`, which must be computed. */
  view(node: Node, i: number): View {
    const value = this.value(node, i);
    if (value.kind === 'constant')
      throw refuse(node, `has a constant where its data should be (input ${i}). Fold it when exporting.`);
    return value;
  }

  /** Input `i`, which must be constant. */
  constant(node: Node, i: number): Constant {
    const value = this.value(node, i);
    if (value.kind === 'view')
      throw refuse(node, `computes its input ${i}; only a constant is supported there.`);
    return value;
  }

  /** Whole numbers of input `i`, undefined where it is left out. */
  ints(node: Node, i: number): number[] | undefined {
    if (!this.optional(node, i)) return undefined;
    const { values } = this.constant(node, i);
    if (values.length > maxList || !values.every((n) => Number.isInteger(n)))
      throw invalid(`${node.where} takes a short list of whole numbers as its input ${i}.`);
    return [...values];
  }

  /** One number of input `i`, undefined where it is left out. */
  scalar(node: Node, i: number): number | undefined {
    if (!this.optional(node, i)) return undefined;
    const { values } = this.constant(node, i);
    if (values.length !== 1 || Number.isNaN(values[0]))
      throw invalid(`${node.where} takes one number as its input ${i}.`);
    return values[0];
  }

  /** Counts values about to be computed. Throws `unsupported-graph` once they are out of proportion to the file. */
  spend(values: number): void {
    this.#budget -= values;
    if (!(this.#budget >= 0))
      throw unsupported(
        'The model computes far more constants than it stores. Fold constants when exporting.',
      );
  }

  /** Registers a weight under a name that says how it was made, unless it is there. */
  weight(name: string, shape: number[], make: () => Float32Array): string {
    if (this.builder.weights.has(name)) return name;
    this.spend(shape.reduce((a, b) => a * b, 1));
    const weight: Weight = { kind: 'float32', shape, data: make() };
    this.builder.weights.set(name, weight);
    return name;
  }

  /** Appends an op and works out its shape. */
  emit(
    kind: OpKind,
    name: string,
    inputs: readonly Placed[],
    attrs: OpAttrs = {},
    weights: WeightRoles = {},
  ): Placed {
    this.builder.emit(
      kind,
      name,
      inputs.map((input) => input.op),
      attrs,
      weights,
    );
    const op = this.builder.ops.at(-1)!;
    const shapes = inputs.map((input) => [...input.graphShape]);
    const graphShape = shapeAfter(this.#graph, op, shapes, this.size);
    this.ops.set(name, op);
    return { op: name, graphShape };
  }
}
